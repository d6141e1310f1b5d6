import { join } from 'node:path'
import { appPassword, basic } from '../app-password.ts'
import type { Part } from '../part.ts'
import { ADMIN } from '../processes.ts'
import { compareWithBare } from '../rates.ts'
import { withSides } from '../sides.ts'

const API = '/ocs/v2.php/apps/notifications/api'
const LIST = `${API}/v2/notifications?format=json`
const LISTED = 20

/** The list that every client without a websocket polls. */
export const notifications: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet'], async (_sides, cloudlet) => {
    const authorization = basic(ADMIN.name, await appPassword(join(bench.folder, 'cloudlet')))
    const headers = { 'ocs-apirequest': 'true', authorization }
    for (let count = 1; count <= LISTED; count++) await send(cloudlet.origin, headers, count)
    const etag = await etagOf(cloudlet.origin, headers)
    const anonymous = { ...cloudlet, root: '', headers: {} }
    const get = { method: 'GET', path: LIST, headers }
    const works = [
      { ...get, name: `list of ${LISTED}, app password`, goal: 0.4 },
      { ...get, name: 'the same, 304', goal: 0.4, headers: { ...headers, 'if-none-match': etag } },
    ]
    return { rows: await compareWithBare(bench, works, anonymous), notes: [] }
  })

async function send(origin: string, headers: Record<string, string>, number: number): Promise<void> {
  const who = { type: 'user', id: 'bob', name: 'Bob Example' }
  const message = { subject: `Message ${number} of {who}`, subjectParameters: { who }, message: 'With more details' }
  const answer = await fetch(`${origin}${API}/v3/admin_notifications/${ADMIN.name}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(message),
  })
  if (!answer.ok) throw new Error(`A notification could not be sent: ${answer.status}`)
}

async function etagOf(origin: string, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(`${origin}${LIST}`, { headers })
  await answer.arrayBuffer()
  return answer.headers.get('etag') ?? ''
}
