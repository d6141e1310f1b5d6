import { join } from 'node:path'
import { appPassword, basic } from '../app-password.ts'
import type { Part } from '../part.ts'
import { ADMIN } from '../processes.ts'
import { compareWithBare, type Steady } from '../rates.ts'
import { withSides } from '../sides.ts'

const OCS = { 'ocs-apirequest': 'true' }
const CAPABILITIES = '/ocs/v2.php/cloud/capabilities?format=json'
const USER = '/ocs/v2.php/cloud/user?format=json'

/** What every client asks for at every start. */
export const ocs: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet'], async (_sides, cloudlet) => {
    const secret = await appPassword(join(bench.folder, 'cloudlet'))
    const anonymous = { ...cloudlet, root: '', headers: {} }
    const get = (name: string, path: string, goal: number, headers: Record<string, string>): Steady => {
      return { name, method: 'GET', path: path, goal, headers }
    }
    const works = [
      get('capabilities, anonymous', CAPABILITIES, 0.6, OCS),
      get('capabilities, signed in', CAPABILITIES, 0.6, { ...OCS, authorization: basic(ADMIN.name, secret) }),
      get('user metadata, app password', USER, 0.5, { ...OCS, authorization: basic(ADMIN.name, secret) }),
      get('user metadata, login password', USER, 0.4, { ...OCS, authorization: basic(ADMIN.name, ADMIN.password) }),
      get('status.php', '/status.php', 0.6, {}),
    ]
    return { rows: await compareWithBare(bench, works, anonymous), notes: [] }
  })
