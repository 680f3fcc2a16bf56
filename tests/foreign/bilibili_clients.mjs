// Connects a client written by others to a simulator and prints each line it hears.
// Argument: JSON {client, transport, base, ws, host, port, room, token, cookie, uid, buvid, protover, until}.
// Output: "live" once let in, "heartbeat N", then one JSON object a line: {"text", "uid", "name"}; ends after `until`.
import http from 'node:http'
import https from 'node:https'
import bilibili from 'bilibili-live-ws'
import * as tiny from 'tiny-bilibili-ws'

const wish = JSON.parse(process.argv[2])
const { room, token: key, uid, buvid, protover } = wish
const base = new URL(wish.base)
const headers = { Cookie: wish.cookie, 'User-Agent': 'Mozilla/5.0 (foreign client)' }

// tiny-bilibili-ws asks the platform's own addresses by https: send every such call to the simulator.
https.get = (url, options, answer) => {
  const { pathname, search } = new URL(url)
  return http.get(new URL(pathname + search, base), options, answer)
}
https.request = (options, answer) =>
  http.request({ ...options, protocol: 'http:', hostname: base.hostname, port: base.port }, answer)

function open() {
  if (wish.client === 'bilibili-live-ws') {
    const options = { protover, key, uid, buvid }
    return wish.transport === 'tcp'
      ? new bilibili.LiveTCP(room, { ...options, host: wish.host, port: wish.port })
      : new bilibili.LiveWS(room, { ...options, address: wish.ws })
  }
  const options = { protover, uid, buvid, headers, keepalive: false }
  return wish.transport === 'tcp'
    ? new tiny.KeepLiveTCP(room, options)
    : new tiny.KeepLiveWS(room, { ...options, ssl: false, host: base.hostname, port: Number(base.port) })
}

const client = open()
client.on('live', () => console.log('live'))
client.on('heartbeat', popularity => console.log(`heartbeat ${JSON.stringify(popularity)}`))
client.on('error', fault => console.log(`error ${fault}`))
client.on('DANMU_MSG', message => {
  const { info } = message.data ?? message
  console.log(JSON.stringify({ text: info[1], uid: info[2][0], name: info[2][1] }))
  if (info[1] === wish.until) process.exit(0)
})
setTimeout(() => process.exit(3), 20_000)
