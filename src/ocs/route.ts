import type { FastifyRequest } from 'fastify'
import type { Static, TObject, TSchema } from 'typebox'
import type { Reach } from '../http/reach.ts'
import type { AccountViewer, Viewer } from '../http/viewer.ts'
import { sha256Hex } from '../lib/digest.ts'
import type { FaultKind } from '../lib/fault.ts'
import type { Json } from '../lib/json.ts'

/**
 * Who may call. `group-admin`: an administrator of at least one group, or an administrator. `settings-admin`: an
 * administrator too, refused in the words the reference uses for rights that it lets administrators delegate;
 * `delegated-admin`: the same for settings of apps.
 */
export type OcsAccess = 'public' | 'user' | 'group-admin' | 'admin' | 'settings-admin' | 'delegated-admin'

export interface OcsCall<V extends Viewer, P, I> {
  readonly viewer: V
  /** Path parameters, decoded. */
  readonly params: P
  /** Query, form or JSON body, joined, checked and converted by the `input` schema. */
  readonly input: I
  /** For the rare endpoint that needs a header, the base address or the client's address. */
  readonly request: FastifyRequest
}

/** A list with its totals; v1 shows them as `totalitems` and `itemsperpage`. */
export class OcsPage {
  readonly data: Json
  readonly totalItems: number
  readonly itemsPerPage: number
  constructor(data: Json, totalItems: number, itemsPerPage: number) {
    this.data = data
    this.totalItems = totalItems
    this.itemsPerPage = itemsPerPage
  }
}

/** Data under a status code of its own: 201 for what was made, 202 for what was taken away. 200 needs none of this. */
export class OcsStatus {
  readonly code: number
  readonly data: Json | undefined
  readonly headers: Readonly<Record<string, string>>
  constructor(code: number, data?: Json, headers: Readonly<Record<string, string>> = {}) {
    this.code = code
    this.data = data
    this.headers = headers
  }
}

/** Data that many requests share. The engine keeps its written forms with it. */
export class OcsShared {
  readonly data: Json
  /** Written envelopes by version and format. */
  readonly written = new Map<string, Buffer>()
  /** Sent, and answered with 304, where there is one. */
  readonly etag: string | undefined
  /** Sent with it, and with 304. */
  readonly headers: Readonly<Record<string, string>>
  constructor(data: Json, etag?: string, headers: Readonly<Record<string, string>> = {}) {
    this.data = data
    this.etag = etag
    this.headers = headers
  }
}

/** A strong ETag over data, quoted (RFC 9110 section 8.8.3). */
export function etagOf(data: Json): string {
  return `"${sha256Hex(JSON.stringify(data)).slice(0, 32)}"`
}

export type OcsResult = Json | OcsPage | OcsShared | OcsStatus | undefined

type PathParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name | keyof PathParams<`/${Rest}`>]: string }
  : Path extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : Record<never, never>

export interface CallLimit {
  readonly calls: number
  readonly windowSeconds: number
}

interface OcsDefinition<Path extends string, Access extends OcsAccess, Input extends TObject> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/ocs/v1.php` and `/ocs/v2.php`. */
  readonly path: Path
  /** One line for the API page. */
  readonly summary: string
  readonly auth: Access
  /** A sensitive change: an app password is refused, a session needs its password confirmed lately. */
  readonly confirm?: boolean
  /** What app passwords with limits need to know of it. Without one, they may not call it. */
  readonly reach?: Reach
  /** How often one account may call it in a window of time; a call beyond is Fault `too-many`. */
  readonly limit?: CallLimit
  readonly input?: Input
  /** Shape of `data`. */
  readonly reply?: TSchema
  /** What the endpoint answers with an `OcsStatus`: its codes, each with what it means. */
  readonly statuses?: Readonly<Record<number, string>>
  /** Wire status codes for Faults, by `reason` or by kind, where the endpoint has codes of its own. */
  readonly codes?: Readonly<Partial<Record<FaultKind, number>> & Record<string, number | undefined>>
  handler(
    call: OcsCall<Access extends 'public' ? Viewer : AccountViewer, PathParams<Path>, Static<Input>>,
  ): OcsResult | Promise<OcsResult>
}

/** An endpoint as the engine sees it, its types worn off. */
export interface OcsRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly summary: string
  readonly auth: OcsAccess
  readonly confirm: boolean
  readonly reach: Reach
  readonly limit?: CallLimit
  readonly input?: TObject
  readonly reply?: TSchema
  readonly statuses?: Readonly<Record<number, string>>
  readonly codes: Readonly<Record<string, number | undefined>>
  readonly handler: (call: OcsCall<never, never, never>) => OcsResult | Promise<OcsResult>
}

/** Declares one endpoint of the OCS API: who may call, what goes in and out, one call to the rules, one view. */
export function defineOcs<Path extends string, Access extends OcsAccess, Input extends TObject = TObject>(
  definition: OcsDefinition<Path, Access, Input>,
): OcsRoute {
  return {
    ...definition,
    confirm: definition.confirm ?? false,
    reach: definition.reach ?? 'all',
    codes: definition.codes ?? {},
    handler: definition.handler as OcsRoute['handler'],
  }
}
