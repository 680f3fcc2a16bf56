// Connects douyudm, written by others, to a simulator and prints each line it hears.
// Arguments: address, room, last text. Output: "live" once the server answered, then one JSON object a line.
import douyudm from 'douyudm'

const [url, room, until] = process.argv.slice(2)
const client = new douyudm.client(room, { debug: false, ignore: [] })
for (const kind of ['connect', 'disconnect', 'mrkl', 'uenter', 'pingreq']) client.on(kind, () => {})
client.on('error', fault => console.log(`error ${fault}`))
client.on('loginres', () => console.log('live'))
client.on('chatmsg', line => {
  console.log(JSON.stringify({ text: line.txt, uid: Number(line.uid), name: line.nn }))
  if (line.txt === until) process.exit(0)
})
setTimeout(() => process.exit(3), 20_000)
client.run(url)
