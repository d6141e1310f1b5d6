import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FormFields } from './form.ts'
import type { Reach } from './reach.ts'
import type { AccountViewer, Viewer } from './viewer.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Address of the client, behind trusted proxies the one they name. */
    clientAddress: string
    /** Scheme and host for links in the answer to this very request, without a final slash. */
    baseUrl: string
    /** `performance.now()` when the headers had arrived. */
    startedAt: number
    knownViewer: Viewer | Promise<Viewer> | undefined
    knownQuery: FormFields | undefined
    /** Who is asking; resolved once, remembered. Throws Fault `unauthenticated` or `too-many`. */
    viewer(): Viewer | Promise<Viewer>
    /** Asks once more whether the viewer still may act, after something that took long. Throws Fault `unauthenticated`. */
    confirmViewer(viewer: AccountViewer): void | Promise<void>
    /** Query parameters with PHP-style names. Throws Fault `bad-request`. */
    queryFields(): FormFields
    /** Value of the session cookie, if there is one. It may be nobody's. */
    sessionCookie(): string | undefined
    /** Whether a cookie request proves that it was meant: `OCS-APIRequest` or the session's `requesttoken`. */
    hasCsrfProof(): boolean
  }
  interface FastifyContextConfig {
    /** The route reads its body as a stream of any length. */
    streamsBody?: boolean
    /** Part of the server that answers, for the metrics: `ocs`, `dav`; without one, `page`. */
    surface?: string
  }
}

/** A page or file outside the protocols. Also answered below `/index.php`. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[]
  /** Path as Fastify writes it: `/apps/theming/image/:key`. */
  readonly path: string
  /** One line for the list of routes. */
  readonly summary: string
  /** `public`: anybody. `user`: a Fault `unauthenticated`, or the login page for a browser, comes before the handler. */
  readonly access: 'public' | 'user'
  /** What app passwords with limits need to know of it. Without one, they may not come here. */
  readonly reach?: Reach
  /** A form with small files in it is taken, up to this many bytes: the body is then a `MultipartForm`. */
  readonly maxFormBytes?: number
  handler(request: FastifyRequest, reply: FastifyReply): unknown
}
