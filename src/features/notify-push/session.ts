import type { RawData, WebSocket } from 'ws'
import { Fault } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import type { Holder } from './holder.ts'
import type { Connected, Hub } from './hub.ts'

export interface SessionDeps {
  readonly hub: Hub
  readonly log: Log
  /** Throws Fault `unauthenticated` when the credential is wrong, others when it cannot be said now. */
  readonly signIn: (name: string, secret: string, address: string) => Promise<Holder>
}

/** Texts that clients know (recording notify-push). Only the first counts as a wrong password: of it they give up. */
const WRONG_CREDENTIAL = 'err: Invalid credentials'
const NOT_TEXT = 'err: Invalid authentication message'
const TOO_LATE = 'Authentication timeout'
const TOO_MANY = 'Error while handling authentication: Connection limit exceeded for user'
const LISTEN = 'listen notify_file_id'

/** RFC 6455 section 7.4.1. */
const POLICY_VIOLATION = 1008

const SIGN_IN_MS = 15_000
const FIRST_PING_MS = 500
const PING_MS = 30_000
const CLOSE_WAIT_MS = 2_000
export const MAX_PER_ACCOUNT = 65
/** What may wait for a client that reads slowly, in bytes. */
const MAX_WAITING_BYTES = 64 * 1024
/** Frames that a client may send in one period of pings: it has nothing to say but `listen`. */
const MAX_FRAMES = 200

/**
 * One connection: two texts, name and secret, then messages from us alone. What comes before the answer to the sign-in
 * is kept: clients send name, password and `listen` in one go.
 */
export class Session {
  readonly #socket: WebSocket
  readonly #deps: SessionDeps
  readonly #address: string
  #name: string | undefined
  #isSigningIn = false
  #wantsIds = false
  #connected: Connected | undefined
  #isAlive = true
  #frames = 0
  #timer: NodeJS.Timeout

  constructor(socket: WebSocket, address: string, deps: SessionDeps) {
    this.#socket = socket
    this.#address = address
    this.#deps = deps
    this.#timer = this.#after(SIGN_IN_MS, () => this.#end(TOO_LATE))
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary))
    socket.on('ping', () => this.#heardPing())
    socket.on('pong', () => {
      this.#isAlive = true
    })
    socket.on('close', () => this.#closed())
    // What is wrong with a frame ends the connection; there is nobody to tell.
    socket.on('error', () => {})
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#isFlooding()) return
    const isKnown = this.#connected !== undefined || this.#isSigningIn
    if (isBinary) {
      if (!isKnown) this.#end(NOT_TEXT)
      return
    }
    const text = data.toString()
    if (isKnown) {
      if (text === LISTEN) this.#listen()
      return
    }
    if (this.#name === undefined) {
      this.#name = text.trim()
      return
    }
    this.#isSigningIn = true
    this.#signIn(this.#name, text.trim()).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'A sign-in at the websocket failed')
      this.#end('err: The server cannot check it now, try again later')
    })
  }

  #heardPing(): void {
    if (this.#isFlooding()) return
    // Answered by the library. In place of a name it is an error (recording notify-push).
    if (this.#name === undefined) this.#end(NOT_TEXT)
  }

  #isFlooding(): boolean {
    this.#frames += 1
    if (this.#frames > MAX_FRAMES) this.#socket.terminate()
    return this.#frames > MAX_FRAMES
  }

  #listen(): void {
    this.#wantsIds = true
    this.#connected?.listenForIds()
  }

  async #signIn(name: string, secret: string): Promise<void> {
    let holder: Holder
    try {
      holder = await this.#deps.signIn(name, secret, this.#address)
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === 'internal') throw error
      // Any other text than this one leaves the client its credential.
      this.#end(error.kind === 'unauthenticated' ? WRONG_CREDENTIAL : `err: ${error.message}`)
      return
    }
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#send('authenticated')
    const { hub } = this.#deps
    if (hub.countOf(holder.accountId) >= MAX_PER_ACCOUNT) {
      this.#end(TOO_MANY)
      return
    }
    this.#connected = hub.join({
      holder,
      send: (text) => this.#send(text),
      close: () => this.#end(undefined),
    })
    if (this.#wantsIds) this.#connected.listenForIds()
    this.#timer = this.#after(FIRST_PING_MS, () => this.#ping())
  }

  #ping(): void {
    if (!this.#isAlive) {
      this.#socket.terminate()
      return
    }
    this.#isAlive = false
    this.#frames = 0
    this.#socket.ping()
    this.#timer = this.#after(PING_MS, () => this.#ping())
  }

  #send(text: string): void {
    // A client that does not read is dropped: it will ask for everything when it comes back.
    if (this.#socket.bufferedAmount > MAX_WAITING_BYTES) this.#socket.terminate()
    else this.#socket.send(text)
  }

  #end(text: string | undefined): void {
    if (text !== undefined) this.#send(text)
    this.#socket.close(POLICY_VIOLATION)
    this.#timer = this.#after(CLOSE_WAIT_MS, () => this.#socket.terminate())
  }

  #after(delayMs: number, what: () => void): NodeJS.Timeout {
    clearTimeout(this.#timer)
    return setTimeout(what, delayMs).unref()
  }

  #closed(): void {
    clearTimeout(this.#timer)
    this.#connected?.leave()
    this.#connected = undefined
  }
}
