import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { loadConfig } from '../../../src/config/load.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { createApp } from '../../../src/main/app.ts'
import { connectPush, type PushClient } from '../../helpers/push-client.ts'
import { basic, OCS } from '../../helpers/test-app.ts'
import { median, megabytes, percentile } from '../measure.ts'
import type { Part } from '../part.ts'
import { ADMIN, memoryOf, startCloudlet } from '../processes.ts'

/** Under the limit of connections that one account may have. */
const SOCKETS_EACH = 50
const AT_ONCE = 20

interface Login {
  readonly userId: string
  readonly secret: string
}

/** What idle clients of the websocket cost, and how soon they hear of something. */
export const sockets: Part = async (bench) => {
  const folder = join(bench.folder, 'sockets')
  const [crowd, audience, rounds] = bench.isQuick ? [500, 100, 50] : [5_000, 1_000, 500]
  // The first start makes the data.
  await (await startCloudlet(folder)).stop()
  const logins = await makeAccounts(folder, Math.ceil(crowd / SOCKETS_EACH))
  const server = await startCloudlet(folder)
  const clients: PushClient[] = []
  try {
    await fetch(`${server.origin}/ocs/v2.php/cloud/user`, { headers: adminHeaders() })
    const beforeBytes = memoryOf(server.pid)?.nowBytes ?? 0
    await connectAll(server.origin, logins, audience, clients)
    const delays = await tellOneByOne(server.origin, logins, clients, rounds)
    await connectAll(server.origin, logins, crowd - audience, clients)
    await setTimeout(bench.isQuick ? 500 : 3_000)
    const afterBytes = memoryOf(server.pid)?.nowBytes ?? 0
    return {
      rows: [],
      notes: [
        `${crowd} idle websockets take ${megabytes(afterBytes - beforeBytes)} more memory`,
        `with ${audience} websockets a notification is on one ${median(delays).toFixed(1)} ms after its request was sent, ${percentile(delays, 99).toFixed(1)} ms at p99 (${rounds} of them)`,
      ],
    }
  } finally {
    for (const { socket } of clients) socket.terminate()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const adminHeaders = (): Record<string, string> => ({
  ...OCS,
  authorization: basic(ADMIN.name, ADMIN.password),
  'content-type': 'application/json',
})

/** Accounts with an app password each, through the features, while no server runs. */
async function makeAccounts(dataFolder: string, count: number): Promise<Login[]> {
  const { config, secrets } = loadConfig({ env: { CLOUDLET_DATA: dataFolder }, flags: {} })
  const app = await createApp({ config, secrets, clock: systemClock, log: silentLog, isServing: false })
  try {
    const logins: Login[] = []
    for (let index = 0; index < count; index++) {
      const { row } = await app.features.accounts.add({ userId: `user${index}` }, 'bench')
      const { secret } = await app.features.auth.appPasswords.add(row.id, 'bench', 'bench')
      logins.push({ userId: row.user_id, secret })
    }
    return logins
  } finally {
    await app.close()
  }
}

/** The accounts take turns, so that as few connections as possible belong to one. */
async function connectAll(
  origin: string,
  logins: readonly Login[],
  count: number,
  clients: PushClient[],
): Promise<void> {
  const first = clients.length
  for (let start = 0; start < count; start += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - start) }, async (_, index) => {
      const client = await connectPush(origin)
      const login = logins[(first + start + index) % logins.length]
      client.say(login?.userId ?? '', login?.secret ?? '')
      if ((await client.next()) !== 'authenticated') throw new Error('A connection was refused')
      return client
    })
    clients.push(...(await Promise.all(batch)))
  }
}

/** Milliseconds from the sending of the request to the frame at the account's first client. */
async function tellOneByOne(
  origin: string,
  logins: readonly Login[],
  clients: readonly PushClient[],
  rounds: number,
): Promise<number[]> {
  const delays: number[] = []
  for (let round = 0; round < rounds; round++) {
    const turn = round % logins.length
    const client = clients[turn]
    const begun = performance.now()
    const heard = new Promise<number>((resolve) => {
      client?.socket.once('message', () => resolve(performance.now() - begun))
    })
    const url = `${origin}/ocs/v2.php/apps/notifications/api/v2/admin_notifications/${logins[turn]?.userId}`
    const body = JSON.stringify({ shortMessage: `Round ${round}` })
    const answer = await fetch(url, { method: 'POST', headers: adminHeaders(), body })
    if (!answer.ok) throw new Error(`A notification was answered with ${answer.status}`)
    delays.push(await heard)
    // The pause between two messages to one client is none of the delay that is measured.
    if (turn === logins.length - 1) await setTimeout(1_600)
  }
  return delays
}
