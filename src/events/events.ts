import type { Database, Tx } from '../db/database.ts'
import type { Job, Jobs } from '../jobs/jobs.ts'
import type { Json } from '../lib/json.ts'
import type { Log } from '../lib/log.ts'
import type { EventName, EventTypes, LiveHandlers, Reactions } from './catalogue.ts'

export interface Events {
  /** In the transaction of the change it tells of. Where nobody reacts it costs nothing. */
  add<Name extends EventName>(tx: Tx, name: Name, payload: EventTypes[Name]): Promise<void>
  /** Who reacts to what. Once, before anything happens; `isServing` is false in a command beside the server. */
  connect(reactions: readonly Reactions[], options: { readonly isServing: boolean }): void
}

export interface EventsDeps {
  readonly db: Database
  readonly jobs: Jobs
  readonly log: Log
}

const CHANNEL = 'events'
/** Tells the server of what a command has done, where the database does not. */
const RELAY = 'event.relay'

interface Told {
  readonly name: EventName
  readonly payload: Json
}

type Hear = (payload: Json) => void

/**
 * Events travel two ways. For `on`, each reaction is a job, written in the same transaction, so that none is lost. For
 * `live`, a signal after the commit, which is fast and may be lost.
 */
export function createEvents({ db, jobs, log }: EventsDeps): Events {
  const jobKinds = new Map<EventName, string[]>()
  const live = new Map<EventName, Hear[]>()
  let isRelayed = false
  const tell = ({ name, payload }: Told): void => {
    for (const hear of live.get(name) ?? []) {
      try {
        hear(payload)
      } catch (error) {
        log.error({ err: error, event: name }, 'A live reaction failed')
      }
    }
  }
  return {
    async add(tx, name, payload) {
      for (const kind of jobKinds.get(name) ?? []) await jobs.add(tx, kind, payload as Json)
      if (!live.has(name)) return
      const told: Told = { name, payload: payload as Json }
      if (isRelayed) await jobs.add(tx, RELAY, told as unknown as Json)
      else await db.signals.send(tx, CHANNEL, JSON.stringify(told))
    },
    connect(reactions, { isServing }) {
      isRelayed = !isServing && db.kind === 'sqlite'
      for (const { name: feature, on = {}, live: lively = {} } of reactions) {
        jobs.register(durableJobs(feature, on, jobKinds))
        addLive(lively, live)
      }
      jobs.register([{ kind: RELAY, run: async (told) => tell(told as unknown as Told) }])
      db.signals.on(CHANNEL, (text) => tell(JSON.parse(text) as Told))
    },
  }
}

function durableJobs(feature: string, on: object, jobKinds: Map<EventName, string[]>): Job[] {
  return Object.entries(on).map(([name, react]) => {
    const kind = `${feature}.on.${name}`
    const kinds = jobKinds.get(name as EventName) ?? []
    kinds.push(kind)
    jobKinds.set(name as EventName, kinds)
    return { kind, run: (payload) => (react as (payload: Json) => Promise<void>)(payload) }
  })
}

function addLive(lively: LiveHandlers, live: Map<EventName, Hear[]>): void {
  for (const [name, hear] of Object.entries(lively)) {
    const hearing = live.get(name as EventName) ?? []
    hearing.push(hear as Hear)
    live.set(name as EventName, hearing)
  }
}
