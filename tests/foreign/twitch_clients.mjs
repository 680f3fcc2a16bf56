// Drives tmi.js or twurple, written by others, against a simulator; prints what it hears and does as JSON lines.
// Argument: JSON of the simulator's addresses and an account, with {client, until}.
import { ApiClient } from '@twurple/api'
import { StaticAuthProvider } from '@twurple/auth'
import { EventSubWsListener } from '@twurple/eventsub-ws'
import tmi from 'tmi.js'

const wish = JSON.parse(process.argv[2])
const say = told => console.log(JSON.stringify(told))
setTimeout(() => process.exit(3), 25_000)

// twurple knows Twitch's own addresses only: send its calls to the simulator.
const fetched = globalThis.fetch
globalThis.fetch = (url, options) =>
  fetched(
    String(url)
      .replace('https://api.twitch.tv/helix', wish.helix_url)
      .replace('https://id.twitch.tv/oauth2', wish.oauth_url),
    options,
  )

async function twurple() {
  const scopes = ['user:read:chat', 'user:write:chat', 'user:bot', 'moderator:manage:banned_users']
  const authProvider = new StaticAuthProvider(wish.client_id, wish.access_token, scopes)
  const apiClient = new ApiClient({ authProvider })
  const listener = new EventSubWsListener({ apiClient, url: wish.eventsub_url })
  listener.onSubscriptionCreateSuccess(() => say({ live: true }))
  listener.onSubscriptionCreateFailure((_, error) => say({ error: String(error) }))
  listener.onChannelChatMessage(wish.channel_id, wish.user_id, async line => {
    const reply = line.parentMessageUserId
    say({ text: line.messageText, user: line.chatterId, id: line.messageId, reply })
    if (line.messageText !== wish.until) return
    const send = apiClient.asUser(wish.user_id, me => me.chat.sendChatMessage(wish.channel_id, 'hello from twurple'))
    say({ sent: (await send).isSent })
    const ann = await apiClient.users.getUserByName('ann')
    await apiClient.asUser(wish.user_id, me =>
      me.moderation.banUser(wish.channel_id, { user: ann.id, duration: 60, reason: 'flooding' }),
    )
    say({ banned: ann.id })
    await apiClient.asUser(wish.user_id, me => me.moderation.unbanUser(wish.channel_id, ann.id))
    say({ unbanned: true })
    process.exit(0)
  })
  listener.start()
}

function tmijs() {
  const { hostname, port } = new URL(wish.irc_url)
  const client = new tmi.Client({
    connection: { server: hostname, port: Number(port), secure: false, reconnect: false },
    identity: { username: wish.login, password: `oauth:${wish.access_token}` },
    channels: [wish.channel],
  })
  client.on('join', (_, who, self) => self && say({ live: true }))
  client.on('message', (_, tags, text, self) => {
    if (self) return
    say({ text, user: tags['user-id'], id: tags.id, reply: tags['reply-parent-user-id'] ?? null })
  })
  client.on('timeout', (_, who) => {
    say({ banned: who })
    process.exit(0)
  })
  client.connect().catch(fault => say({ error: String(fault) }))
}

if (wish.client === 'twurple') await twurple()
else tmijs()
