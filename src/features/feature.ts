import type { FastifyRequest } from 'fastify'
import type { Command } from '../cli/command.ts'
import type { EventHandlers, LiveHandlers } from '../events/catalogue.ts'
import type { HttpRoute } from '../http/route.ts'
import type { SocketRoute } from '../http/socket.ts'
import type { AccountViewer, Viewer } from '../http/viewer.ts'
import type { Job } from '../jobs/jobs.ts'
import type { Json } from '../lib/json.ts'
import type { Language } from '../lib/languages.ts'
import type { OcsRoute } from '../ocs/route.ts'
import type { NotificationSource } from './notifications/index.ts'

/** A line in the menus of clients. */
export interface NavigationItem {
  /** Beside the files, or in the menu of the account. */
  readonly kind: 'apps' | 'settings'
  readonly id: string
  readonly order: number
  /** Of the page, and of its icon; an icon may be empty. */
  readonly path: string
  readonly icon: string
  readonly name: Readonly<Record<Language, string>>
}

/** Where a service really is. */
export interface WellKnown {
  readonly redirectTo: string
}

/** What a feature hands to the house. `main/app.ts` wires them in plain sight. */
export interface Feature {
  /** The folder's name. */
  readonly name: string
  /** Name under which clients know it as an app (`theming`, `provisioning_api`), if they do. */
  readonly appId?: string
  readonly ocs?: readonly OcsRoute[]
  readonly http?: readonly HttpRoute[]
  readonly sockets?: readonly SocketRoute[]
  readonly commands?: readonly Command[]
  /** Its part of the capability document for this viewer. Only what really works. Two features may not set one value. */
  capabilities?(viewer: Viewer, baseUrl: string): Record<string, Json> | Promise<Record<string, Json>>
  /** Topics (see `Stamps`) whose stamps change when `capabilities` would answer this viewer differently. */
  capabilityTopics?(viewer: Viewer): readonly string[]
  /** Pages of its own that menus of clients lead to. */
  navigation?(viewer: AccountViewer, request: FastifyRequest): readonly NavigationItem[]
  /** Services that programs find below `/.well-known/` (RFC 8615), by their registered names. */
  readonly wellKnown?: Readonly<Record<string, WellKnown>>
  /** Reactions to what other features have done: surely, but a moment later. */
  readonly on?: EventHandlers
  /** Reactions in memory, on every node, at once; they may miss something. */
  readonly live?: LiveHandlers
  /** What it tells accounts, and when. */
  readonly notificationSources?: readonly NotificationSource[]
  readonly jobs?: readonly Job[]
  /** Clears what has run out; called at start and every hour. Safe to run on several nodes at once. */
  sweep?(): Promise<void>
  /** Ends what it does on its own; called once, before the database is closed. */
  stop?(): void
}
