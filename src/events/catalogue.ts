/**
 * Everything that can have happened, by name in the past tense, and what is said of it. Each feature adds its own from
 * its `events.ts`: `declare module '../../events/catalogue.ts' { interface EventTypes { 'file.written': { ... } } }`.
 * Payloads are JSON and hold ids, not copies: whoever reacts reads what is there then.
 */
// biome-ignore lint/suspicious/noEmptyInterface: features add their events by declaration merging
export interface EventTypes {}

export type EventName = keyof EventTypes & string

/** Done at least once for each event after its commit, by one node; again later when it throws. Safe to repeat. */
export type EventHandlers = { readonly [Name in EventName]?: (payload: EventTypes[Name]) => Promise<void> }

/** Called on every node after the commit. May miss an event when the process or its database connection breaks. */
export type LiveHandlers = { readonly [Name in EventName]?: (payload: EventTypes[Name]) => void }

/** What a feature reacts to. */
export interface Reactions {
  readonly name: string
  readonly on?: EventHandlers
  readonly live?: LiveHandlers
}
