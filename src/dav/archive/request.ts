import type { FastifyRequest } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { addressOf } from '../path.ts'

export type ArchiveKind = 'zip' | 'tar'

const KINDS: Readonly<Record<string, ArchiveKind>> = {
  zip: 'zip',
  'application/zip': 'zip',
  tar: 'tar',
  'application/x-tar': 'tar',
}

/** Names that one request may pick; more do not fit into its head anyway. */
const MAX_NAMES = 1_000

/**
 * Whether a folder is wanted as an archive: `?accept=zip`, for links, or a type that the `Accept` header names. Wildcards
 * mean the page that a folder has.
 */
export function archiveKindOf(request: FastifyRequest): ArchiveKind | undefined {
  const { accept } = request.headers
  if (accept?.includes('application/') === true) {
    for (const part of accept.split(',')) {
      const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
      if (Object.hasOwn(KINDS, type) && type.includes('/') && !parameters.some(isRefusal)) return KINDS[type]
    }
  }
  if (request.raw.url?.includes('accept=') !== true) return undefined
  const wanted = request.queryFields()['accept']
  return typeof wanted === 'string' && Object.hasOwn(KINDS, wanted) ? KINDS[wanted] : undefined
}

/** RFC 9110 section 12.4.2. */
const isRefusal = (parameter: string): boolean => /^q=0(?:\.0*)?$/.test(parameter)

/**
 * The members that are wanted; none for all. As JSON in the query (recording webdav-files), or by the header `X-NC-Files`,
 * one name each (Nextcloud's developer manual, "WebDAV: basic APIs"). Throws Fault `bad-request`.
 */
export function pickedNames(request: FastifyRequest): string[] {
  const names = new Set<string>()
  for (const header of request.raw.headersDistinct['x-nc-files'] ?? []) names.add(addressOf(header))
  for (const name of namesInQuery(request.queryFields()['files'])) names.add(name)
  if (names.size > MAX_NAMES) throw new Fault('bad-request', `More than ${MAX_NAMES} names at once`)
  return [...names]
}

function namesInQuery(value: unknown): readonly string[] {
  if (value === undefined || value === '') return []
  let list = value
  try {
    if (typeof value === 'string') list = [JSON.parse(value)].flat()
  } catch {
    throw notNames()
  }
  if (!Array.isArray(list) || !list.every((name) => typeof name === 'string' && name !== '')) throw notNames()
  return list
}

const notNames = (): Fault => new Fault('bad-request', 'The parameter files is no list of names in JSON')
