import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config/load.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { createApp } from '../../../src/main/app.ts'
import { basic, OCS } from '../../helpers/test-app.ts'
import type { Part } from '../part.ts'
import { ADMIN, startCloudlet } from '../processes.ts'

const SENDERS = 16
/** Beyond it something is broken, and the bench says so. */
const PATIENCE_MS = 120_000

/** Notifications to as many accounts with one phone each: how long until the last is at the push proxy. */
export const push: Part = async (bench) => {
  const folder = join(bench.folder, 'push')
  const count = bench.isQuick ? 100 : 1_000
  const proxy = await startCountingProxy()
  const settings = { CLOUDLET_PUSH_PROXIES: 'localhost', CLOUDLET_OUTGOING_ALLOWED: 'localhost' }
  // The first start makes the data.
  await (await startCloudlet(folder, settings)).stop()
  const userIds = await makeAccounts(folder, count, proxy.url)
  const server = await startCloudlet(folder, settings)
  try {
    // The password is checked once and then remembered; many at once would be held for guesses.
    await (await fetch(`${server.origin}/ocs/v2.php/cloud/user`, { headers: adminHeaders() })).arrayBuffer()
    const begun = performance.now()
    const last = proxy.arrived(count)
    await tellAll(server.origin, userIds)
    const toldMs = performance.now() - begun
    const sentMs = (await last) - begun
    return {
      rows: [],
      notes: [
        `${count} notifications to ${count} devices are at the push proxy ${Math.round(sentMs)} ms after the first was asked for: ${Math.round((count * 1_000) / sentMs)} messages/s in ${proxy.posts()} requests`,
        `${SENDERS} at once asked for them in ${Math.round(toldMs)} ms; the last was pushed ${Math.max(0, Math.round(sentMs - toldMs))} ms later`,
      ],
    }
  } finally {
    await server.stop()
    await proxy.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface CountingProxy {
  readonly url: string
  posts(): number
  /** Resolves with the time at which so many messages have come. */
  arrived(count: number): Promise<number>
  close(): Promise<void>
}

async function startCountingProxy(): Promise<CountingProxy> {
  let [posts, messages] = [0, 0]
  let wanted = Number.POSITIVE_INFINITY
  let done: (atMs: number) => void = () => {}
  const server = createServer(async (request, reply) => {
    const arrived = await messagesIn(request)
    posts += 1
    messages += arrived
    reply.writeHead(200, { 'content-type': 'application/json' }).end('{"unknown":[],"failed":0}')
    if (messages >= wanted) done(performance.now())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    posts: () => posts,
    arrived(count) {
      wanted = count
      return new Promise((resolve, reject) => {
        const tooLate = setTimeout(() => reject(new Error(`${messages} of ${count} pushes came`)), PATIENCE_MS)
        done = (atMs) => {
          clearTimeout(tooLate)
          resolve(atMs)
        }
      })
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function messagesIn(request: IncomingMessage): Promise<number> {
  let body = ''
  for await (const piece of request) body += piece
  return body.split('&').length
}

/** Accounts with a phone each, while no server runs. They share their keys, which would take minutes to make. */
async function makeAccounts(dataFolder: string, count: number, proxyUrl: string): Promise<string[]> {
  const { config, secrets } = loadConfig({ env: { CLOUDLET_DATA: dataFolder }, flags: {} })
  const app = await createApp({ config, secrets, clock: systemClock, log: silentLog, isServing: false })
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  try {
    const userIds: string[] = []
    for (let index = 0; index < count; index++) {
      const { row } = await app.features.accounts.add({ userId: `user${index}` }, 'bench')
      const { id } = await app.features.auth.appPasswords.add(row.id, 'phone', 'bench')
      const hash = createHash('sha512').update(row.user_id)
      const device = {
        account_id: row.id,
        app_password_id: id,
        push_token_hash: hash.copy().digest('hex'),
        device_key: publicKey.trimEnd(),
        proxy_url: proxyUrl,
        device_identifier: hash.digest('base64'),
        app_kind: 'files',
        registered_at_ms: systemClock.nowMs(),
      }
      const key = { account_id: row.id, public_key: publicKey, private_key: privateKey }
      await app.db.write(async (tx) => {
        await tx.insertInto('push_key').values(key).execute()
        await tx.insertInto('push_device').values(device).execute()
      })
      userIds.push(row.user_id)
    }
    return userIds
  } finally {
    await app.close()
  }
}

const adminHeaders = (): Record<string, string> => ({
  ...OCS,
  authorization: basic(ADMIN.name, ADMIN.password),
  'content-type': 'application/json',
})

async function tellAll(origin: string, userIds: readonly string[]): Promise<void> {
  const headers = adminHeaders()
  const waiting = [...userIds]
  const sender = async (): Promise<void> => {
    for (let userId = waiting.pop(); userId !== undefined; userId = waiting.pop()) {
      const answer = await fetch(`${origin}/ocs/v2.php/apps/notifications/api/v2/admin_notifications/${userId}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ shortMessage: 'Something has happened' }),
      })
      await answer.arrayBuffer()
      if (!answer.ok) throw new Error(`A notification was answered with ${answer.status}`)
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
}
