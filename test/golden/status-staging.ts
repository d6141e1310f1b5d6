import { OCS, type TestApp } from '../helpers/test-app.ts'
import { type Between, PASSWORDS } from './cast.ts'

/** The clock of the recording, an hour before the first time at which a message is to go. */
const RECORDED_AT = Date.parse('2026-11-23T08:55:00Z')

export const betweenUserStatus: Between = {
  async ''(app) {
    app.clock.advance(RECORDED_AT - app.clock.nowMs())
    await setStatusType(app, 'online')
  },
}

/** Alice is in Berlin, and an hour before she was online. */
export const betweenOutOfOffice: Between = {
  async ''(app) {
    await setStatusType(app, 'online')
    await app.request({
      method: 'PUT',
      url: '/ocs/v2.php/cloud/users/alice',
      headers: { ...OCS, 'content-type': 'application/json' },
      body: JSON.stringify({ key: 'timezone', value: 'Europe/Berlin' }),
      as: ['alice', PASSWORDS['alice'] ?? ''],
    })
  },
}

/** As alice did before the recording began, or on the way. */
export async function setStatusType(app: TestApp, statusType: string): Promise<void> {
  const answer = await app.request({
    method: 'PUT',
    url: '/ocs/v2.php/apps/user_status/api/v1/user_status/status',
    headers: { ...OCS, 'content-type': 'application/json' },
    body: JSON.stringify({ statusType }),
    as: ['alice', PASSWORDS['alice'] ?? ''],
  })
  if (answer.status !== 200) throw new Error(`The status was answered with ${answer.status}`)
}
