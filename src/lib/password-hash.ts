import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Fault } from './fault.ts'
import { MESSAGES } from './fault-messages.ts'

interface Cost {
  readonly memoryKiB: number
  readonly passes: number
}

/** The second of the parameter sets that OWASP's password storage cheat sheet recommends for Argon2id. */
const COST: Cost = { memoryKiB: 19_456, passes: 2 }
const SALT_BYTES = 16
const TAG_BYTES = 32

/** Hashes at work at once: each holds 19 MiB and a core. */
const MAX_AT_ONCE = 2
/** Beyond this the server has more sign-ins than it can check in good time. */
const MAX_WAITING = 256

const argon2Async = promisify(argon2)

/** Argon2id as a PHC string, made off the event loop. Throws Fault `unavailable` when too many are waiting. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const tag = await derive(password, salt, COST)
  return `$argon2id$v=19$m=${COST.memoryKiB},t=${COST.passes},p=1$${base64(salt)}$${base64(tag)}`
}

/** Whether the password belongs to the hash. A hash that cannot be read belongs to none, after the same work. */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  const parsed = parseHash(hash)
  const tag = await derive(password, parsed.salt, parsed.cost)
  return parsed.isReadable && tag.length === parsed.tag.length && timingSafeEqual(tag, parsed.tag)
}

/** In place of the hash of an account that does not exist, so that asking for one takes as long. */
export const NOBODYS_HASH = `$argon2id$v=19$m=${COST.memoryKiB},t=${COST.passes},p=1$${base64(Buffer.alloc(SALT_BYTES))}$${base64(Buffer.alloc(TAG_BYTES))}`

interface ParsedHash {
  readonly cost: Cost
  readonly salt: Buffer
  readonly tag: Buffer
  readonly isReadable: boolean
}

function parseHash(hash: string): ParsedHash {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=1\$([\w+/]+)\$([\w+/]+)$/.exec(hash)
  if (match === null) {
    return { cost: COST, salt: Buffer.alloc(SALT_BYTES), tag: Buffer.alloc(TAG_BYTES), isReadable: false }
  }
  const [, memory, passes, salt = '', tag = ''] = match
  return {
    cost: { memoryKiB: Number(memory), passes: Number(passes) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
    isReadable: true,
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

let atWork = 0
const waiting: (() => void)[] = []

async function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  await enter()
  try {
    const options = {
      message: Buffer.from(password, 'utf8'),
      nonce: salt,
      parallelism: 1,
      memory: cost.memoryKiB,
      passes: cost.passes,
      tagLength: TAG_BYTES,
    }
    return await argon2Async('argon2id', options)
  } finally {
    leave()
  }
}

async function enter(): Promise<void> {
  if (atWork < MAX_AT_ONCE) {
    atWork += 1
    return
  }
  if (waiting.length >= MAX_WAITING) {
    throw new Fault('unavailable', MESSAGES.tooManySignIns, { retryAfterSeconds: 5 })
  }
  await new Promise<void>((resolve) => waiting.push(resolve))
}

function leave(): void {
  const next = waiting.shift()
  if (next === undefined) atWork -= 1
  else next()
}
