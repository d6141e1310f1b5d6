import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute, OcsStatus } from '../../ocs/route.ts'
import type { Person, Visibility } from '../users/index.ts'
import type { Absence, Absences } from './service.ts'
import { AbsenceReply, absenceView, CurrentReply, currentView } from './views.ts'

export interface AbsenceRoutesDeps {
  readonly absences: Absences
  readonly visibility: Visibility
}

const PATH = '/apps/dav/api/v1/outOfOffice/:userId'

/** Announced absences (recording out-of-office). */
export function absenceRoutes(deps: AbsenceRoutesDeps): OcsRoute[] {
  return [getAbsence(deps), getCurrent(deps), setAbsence(deps), clearAbsence(deps)]
}

/** The same for whoever has announced none, is hidden or does not exist. */
const none = (): Fault => new Fault('not-found', '', { data: null })

const getAbsence = ({ absences, visibility }: AbsenceRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: PATH,
    summary: 'Absence that an account has announced, past or to come',
    auth: 'user',
    reach: 'read',
    reply: AbsenceReply,
    async handler({ viewer, params }) {
      const person = await visibility.find(viewer, params.userId)
      const absence = person === undefined ? undefined : await absences.find(person.accountId)
      if (person === undefined || absence === undefined) throw none()
      return absenceView({ userId: person.userId, absence, replacement: await standIn(visibility, viewer, absence) })
    },
  })

const getCurrent = ({ absences, visibility }: AbsenceRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${PATH}/now`,
    summary: 'Absence of an account while it lasts, with its moments',
    auth: 'user',
    reach: 'read',
    reply: CurrentReply,
    async handler({ viewer, params }) {
      const person = await visibility.find(viewer, params.userId)
      const absence = person === undefined ? undefined : await absences.findCurrent(person.accountId)
      if (person === undefined || absence === undefined) throw none()
      return currentView({ userId: person.userId, absence, replacement: await standIn(visibility, viewer, absence) })
    },
  })

/** Whoever is named in the path: an account announces its own absence alone (recording out-of-office). */
const setAbsence = ({ absences, visibility }: AbsenceRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: PATH,
    summary: 'Announces an absence of the account that asks, in place of another one',
    auth: 'user',
    input: Type.Object({
      firstDay: Type.String({ description: 'YYYY-MM-DD, in the time zone of the account' }),
      lastDay: Type.String({ description: 'YYYY-MM-DD, included' }),
      status: Type.String({ description: 'Message of the status meanwhile, at most 100 characters' }),
      message: Type.String({ description: 'For those who want to know more' }),
      replacementUserId: Type.Optional(Type.Union([Type.Null(), Type.String()])),
    }),
    reply: AbsenceReply,
    async handler({ viewer, input }) {
      const replacement = await acceptReplacement(visibility, viewer, input.replacementUserId || undefined)
      const absence = await absences.set(viewer.accountId, {
        firstDay: input.firstDay,
        lastDay: input.lastDay,
        shortText: input.status,
        message: input.message,
        replacementAccountId: replacement?.accountId,
      })
      return absenceView({ userId: viewer.userId, absence, replacement })
    },
  })

const clearAbsence = ({ absences }: AbsenceRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: PATH,
    summary: 'Takes back the absence of the account that asks',
    auth: 'user',
    async handler({ viewer }) {
      await absences.clear(viewer.accountId)
      return new OcsStatus(200, null)
    },
  })

/** Throws Fault `not-found`. */
async function acceptReplacement(
  visibility: Visibility,
  viewer: AccountViewer,
  userId: string | undefined,
): Promise<Person | undefined> {
  if (userId === undefined) return undefined
  const person = await visibility.find(viewer, userId)
  if (person === undefined) throw none()
  return person
}

async function standIn(
  visibility: Visibility,
  viewer: AccountViewer,
  { replacementAccountId }: Absence,
): Promise<Person | undefined> {
  return replacementAccountId === undefined ? undefined : visibility.findById(viewer, replacementAccountId)
}
