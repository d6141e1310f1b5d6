import { Fault } from '../lib/fault.ts'

const MAX_SEGMENTS = 200

export const invalidPath = (message: string): Fault => new Fault('bad-request', message, { reason: 'invalid-path' })

/**
 * The segments of a raw path (no query), each decoded by itself, so that an encoded slash never becomes a separator.
 * Empty segments count for nothing. Throws Fault `bad-request` for what is no path.
 */
export function splitPath(raw: string): string[] {
  if (raw.includes('\0')) throw withNul()
  const segments: string[] = []
  for (const part of raw.split('/')) {
    if (part === '') continue
    segments.push(part.includes('%') ? decodeSegment(part) : part)
    if (segments.length > MAX_SEGMENTS) throw invalidPath('The path has too many parts')
  }
  return segments
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * An address from a header. Node reads its bytes as Latin-1; whoever does not escape them, as people who
 * write scripts, means UTF-8. Throws Fault `bad-request`.
 */
export function addressOf(header: string): string {
  if (!/[\u0080-\uffff]/.test(header)) return header
  try {
    return utf8.decode(Buffer.from(header, 'latin1'))
  } catch {
    throw notUtf8()
  }
}

function decodeSegment(part: string): string {
  let text: string
  try {
    text = decodeURIComponent(part)
  } catch {
    throw notUtf8()
  }
  if (text.includes('\0')) throw withNul()
  return text
}

const notUtf8 = (): Fault => new Fault('bad-request', 'The address has a broken percent escape or is not UTF-8')

const withNul = (): Fault => invalidPath('The path holds a NUL character')

const UNSAFE = /[^A-Za-z0-9_\-.~():@]/

/** A path for `d:href`: absolute, percent-encoded in small letters, as the reference writes it (recording webdav-errors). */
export function encodePath(segments: readonly string[]): string {
  let path = ''
  for (const segment of segments) path += `/${encodeSegment(segment)}`
  return path
}

export function encodeSegment(segment: string): string {
  if (!UNSAFE.test(segment)) return segment
  let text = ''
  for (const byte of Buffer.from(segment, 'utf8')) {
    const character = String.fromCharCode(byte)
    text += byte < 0x80 && !UNSAFE.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  }
  return text
}
