import { Agent } from 'node:http'
import type { DavApp } from '../../helpers/dav.ts'
import { FILES } from '../../helpers/dav.ts'
import { sendRaw } from '../../helpers/send-raw.ts'
import { basic } from '../../helpers/test-app.ts'
import type { Sender } from './client.ts'

/** `DAV_MODEL_RUNS=1000 npm test -- dav-model` looks longer, `DAV_MODEL_SEED=7` looks at the same again. */
export const RUNS = Number(process.env['DAV_MODEL_RUNS'] ?? 6)
/** The same each time by itself: what a change broke is told from what chance found. Long runs take others. */
export const SEED = Number(process.env['DAV_MODEL_SEED'] ?? 20_261_124)

let count = 0
const agent = new Agent({ keepAlive: true })

/** A client of an account that was just made, so that no run sees what another has left. It goes from node to node. */
export async function createSender(dav: DavApp, bases: readonly string[] = [dav.base]): Promise<Sender> {
  const { accounts, auth, list } = dav.app.features
  const userId = `user-${count++}`
  let turn = 0
  const { row } = await accounts.add({ userId }, 'test')
  const { secret } = await auth.appPasswords.add(row.id, 'test', 'test')
  return {
    userId,
    send(method, path, headers = {}, body) {
      const url = /^\/(?:remote\.php|ocs)/.test(path) ? path : `${FILES}/${userId}${path}`
      const sent = { host: 'cloud.test', authorization: basic(userId, secret), ...headers }
      return sendRaw(bases[turn++ % bases.length] ?? dav.base, {
        method,
        url,
        headers: sent,
        agent,
        ...(body === undefined ? {} : { body }),
      })
    },
    async setQuota(bytes) {
      const answer = await dav.send(
        'PUT',
        `/ocs/v2.php/cloud/users/${userId}?format=json`,
        { 'ocs-apirequest': 'true', 'content-type': 'application/json' },
        JSON.stringify({ key: 'quota', value: bytes === undefined ? 'none' : String(bytes) }),
      )
      if (answer.status !== 200) throw new Error(answer.text)
    },
    wait: (seconds) => dav.app.clock.advance(seconds * 1_000),
    async sweep() {
      for (const feature of list) await feature.sweep?.()
    },
  }
}
