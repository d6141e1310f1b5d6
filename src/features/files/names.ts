import { Fault } from '../../lib/fault.ts'

/** The reference refuses from about here on, since it needs room for endings of its own (recording webdav-errors). */
const MAX_NAME_BYTES = 250
const MAX_PATH_BYTES = 4_000

/** What capabilities announce. */
export const FORBIDDEN_NAMES: readonly string[] = ['.htaccess']
export const FORBIDDEN_CHARACTERS: readonly string[] = ['\\', '/']
export const FORBIDDEN_EXTENSIONS: readonly string[] = ['.filepart', '.part']

const invalid = (message: string): Fault => new Fault('bad-request', message, { reason: 'invalid-path' })

/**
 * A path as it is kept and looked up: in NFC, since both spellings of an accent are the same file (recording
 * webdav-errors). Throws Fault with reason `invalid-path` for `.`, `..` and what can be in no name.
 */
export function acceptPath(path: readonly string[]): string[] {
  const accepted = path.map((name) => (/^[\x20-\x7e]*$/.test(name) ? name : name.normalize('NFC')))
  let bytes = 0
  for (const name of accepted) {
    if (name === '.' || name === '..') throw invalid(`Invalid path "/${path.join('/').slice(0, 300)}"`)
    if (name.includes('\\')) throw invalid('"\\" is not allowed inside a file or folder name.')
    if (name.includes('/')) throw invalid('"/" is not allowed inside a file or folder name.')
    if (/[\u0000-\u001f\u007f]/.test(name)) throw invalid('Control characters are not allowed inside a name.')
    if (!name.isWellFormed()) throw invalid('The name is not valid Unicode.')
    bytes += Buffer.byteLength(name) + 1
  }
  if (bytes > MAX_PATH_BYTES) throw invalid('The path is too long')
  return accepted
}

/** A path for people. */
export const shown = (path: readonly string[]): string => `/${path.join('/')}`

export function missing(path: readonly string[]): Fault {
  return new Fault('not-found', `File with name ${shown(path)} could not be located`)
}

/** Whether a new file or folder may have this name; `acceptPath` comes first. */
export function checkNewName(name: string): void {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw invalid('Filename is too long')
  const lower = name.toLowerCase()
  if (FORBIDDEN_NAMES.includes(lower)) throw invalid('Filename is a reserved word')
  const extension = FORBIDDEN_EXTENSIONS.find((known) => lower.endsWith(known))
  if (extension !== undefined) throw invalid(`"${extension}" is a forbidden file type.`)
}

/** The name nearest to one that nobody can say: itself when it is right, as `acceptPath` would keep it. */
export function sayableName(name: string): string {
  if (/^[\x20-\x7e]{3,200}$/.test(name) && !/[\\/]/.test(name)) return name
  const clean = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\\/\u0000-\u001f\u007f]/g, '_')
  return clean === '' || clean === '.' || clean === '..' ? '_' : cutName(clean, '')
}

/** A name with an ending, not longer than names may be. */
export function cutName(name: string, ending: string): string {
  let letters = [...name]
  while (Buffer.byteLength(letters.join('')) + Buffer.byteLength(ending) > MAX_NAME_BYTES)
    letters = letters.slice(0, -1)
  return `${letters.join('')}${ending}`
}
