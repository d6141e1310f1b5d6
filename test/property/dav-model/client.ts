import { createHash } from 'node:crypto'
import { FILES, type Headers, LOCKINFO } from '../../helpers/dav.ts'
import type { TestAnswer } from '../../helpers/test-app.ts'
import { REFRESH_S } from './lock-steps.ts'
import type { MakeLink, Operation, Path, Proppatch, Put, UseLock } from './operations.ts'
import type { Request } from './outcome.ts'
import { live, nodeAt, type State } from './state.ts'

/** What stands behind the numbers of the model: learned from answers. */
export interface Known {
  /** Etags by version. */
  readonly etags: Map<number, string>
  /** All etags that a node has had, by key. */
  readonly etagsOf: Map<number, Set<string>>
  /** Versions of files whose content was read. */
  readonly read: Set<number>
  /** `oc:fileid` by key. */
  readonly ids: Map<number, string>
  /** Tokens of locks. */
  readonly tokens: Map<number, string>
  /** Addresses of direct links. */
  readonly links: Map<number, string>
}

export const nothingKnown = (): Known => ({
  etags: new Map(),
  etagsOf: new Map(),
  read: new Set(),
  ids: new Map(),
  tokens: new Map(),
  links: new Map(),
})

/** Whoever sends requests for one account. */
export interface Sender {
  readonly userId: string
  send(method: string, path: string, headers?: Headers, body?: string | Uint8Array): Promise<TestAnswer>
  setQuota(bytes: number | undefined): Promise<void>
  wait(seconds: number): void
  sweep(): Promise<void>
}

const DONE = { status: 200, headers: {}, text: '', bytes: new Uint8Array(0), json: () => undefined }

/** Sends what an operation stands for, as a client does that has seen this state. */
export async function perform(sender: Sender, state: State, known: Known, request: Request): Promise<TestAnswer> {
  const { operation } = request
  switch (operation.kind) {
    case 'quota':
      await sender.setQuota(operation.bytes)
      return DONE
    case 'wait':
      sender.wait(operation.seconds)
      return DONE
    case 'sweep':
      await sender.sweep()
      return DONE
    case 'link':
      return makeLink(sender, state, known, operation)
    case 'open':
      return sender.send('GET', known.links.get(operation.link) ?? '/remote.php/direct/none')
    default: {
      const { method, path, headers = {}, body } = wire(sender, state, known, operation)
      const tokens = 'tokens' in operation && operation.tokens ? tokensOf(state, known) : []
      return sender.send(method, path, { ...conditions(known, request, tokens), ...headers }, body)
    }
  }
}

interface Wire {
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

type Dav = Exclude<Operation, { kind: 'quota' | 'wait' | 'sweep' | 'link' | 'open' }>

const at = (path: Path): string => `/${path.map(encodeURIComponent).join('/')}`

/** Headers that are there. */
function only(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function wire({ userId }: Sender, state: State, known: Known, operation: Dav): Wire {
  const destination = (path: Path): string => `${FILES}/${userId}${at(path)}`
  const upload = (name: number, below = ''): string => `/remote.php/dav/uploads/${userId}/upload-${name}${below}`
  switch (operation.kind) {
    case 'put':
      return putOf(operation)
    case 'mkcol':
    case 'delete':
      return { method: operation.kind.toUpperCase(), path: at(operation.path) }
    case 'copy':
    case 'move': {
      const { depth, overwrite } = operation
      const headers = only({ destination: destination(operation.to), overwrite, depth })
      return { method: operation.kind.toUpperCase(), path: at(operation.path), headers }
    }
    case 'proppatch':
      return { method: 'PROPPATCH', path: at(operation.path), body: propertyUpdate(operation) }
    case 'lock': {
      const headers = { depth: operation.depth, timeout: `Second-${operation.timeoutS}` }
      return { method: 'LOCK', path: at(operation.path), headers, body: LOCKINFO.replace('exclusive', operation.scope) }
    }
    case 'refresh':
    case 'unlock':
      return lockUseOf(state, known, operation)
    case 'start':
      return { method: 'MKCOL', path: upload(operation.upload) }
    case 'abort':
      return { method: 'DELETE', path: upload(operation.upload) }
    case 'chunk':
      return { method: 'PUT', path: upload(operation.upload, `/${operation.name}`), body: operation.content }
    case 'finish': {
      const facts = bodyFacts(operation.believed ?? '', operation)
      const headers = only({ destination: destination(operation.to), overwrite: operation.overwrite, ...facts })
      return { method: 'MOVE', path: upload(operation.upload, '/.file'), headers }
    }
    default: {
      const range = operation.start === undefined ? undefined : `bytes=${operation.start}-`
      return { method: 'GET', path: at(operation.path), headers: only({ range }) }
    }
  }
}

function putOf(operation: Put): Wire {
  const { path, content, mtimeS, autoMkcol } = operation
  const headers = only({
    'x-oc-mtime': mtimeS?.toString(),
    'x-nc-webdav-auto-mkcol': autoMkcol ? '1' : undefined,
    ...bodyFacts(content, operation),
  })
  return { method: 'PUT', path: at(path), headers, body: content }
}

function lockUseOf(state: State, known: Known, operation: UseLock): Wire {
  const lock = live(state)[operation.lock]
  const token = lock === undefined ? 'opaquelocktoken:none' : known.tokens.get(lock.id)
  const path = at(operation.path ?? (lock === undefined ? ['none'] : pathOf(state, lock.key)))
  return operation.kind === 'unlock'
    ? { method: 'UNLOCK', path, headers: { 'lock-token': `<${token}>` } }
    : { method: 'LOCK', path, headers: { if: `(<${token}>)`, timeout: `Second-${REFRESH_S}` } }
}

interface Facts {
  readonly total?: 'right' | 'wrong' | undefined
  readonly checksum?: 'right' | 'wrong' | undefined
}

export const sha1 = (content: string): string => `SHA1:${createHash('sha1').update(content).digest('hex')}`

function bodyFacts(content: string, { total, checksum }: Facts): Record<string, string | undefined> {
  const wrongly = (fact: 'right' | 'wrong'): boolean => fact === 'wrong'
  return {
    'oc-total-length': total && String(content.length + (wrongly(total) ? 1 : 0)),
    'oc-checksum': checksum && sha1(wrongly(checksum) ? `${content}!` : content),
  }
}

function propertyUpdate({ favorite, dead, mtimeS, isProtected }: Proppatch): string {
  const set = (xml: string): string => `<d:set><d:prop>${xml}</d:prop></d:set>`
  const text = (value: string): string => value.replace('&', '&amp;').replace('<', '&lt;')
  return [
    '<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:m="urn:model">',
    favorite === undefined ? '' : set(`<oc:favorite>${favorite ? 1 : 0}</oc:favorite>`),
    dead === undefined || dead.value === null ? '' : set(`<m:${dead.name}>${text(dead.value)}</m:${dead.name}>`),
    dead?.value === null ? `<d:remove><d:prop><m:${dead.name}/></d:prop></d:remove>` : '',
    mtimeS === undefined ? '' : set(`<d:lastmodified>${mtimeS}</d:lastmodified>`),
    isProtected ? set('<oc:fileid>1</oc:fileid>') : '',
    '</d:propertyupdate>',
  ].join('')
}

function tokensOf(state: State, known: Known): string[] {
  return live(state).flatMap(({ id }) => known.tokens.get(id) ?? [])
}

/** Tokens are submitted in lists that hold if the condition does, so that they add none of their own. */
function conditions(known: Known, { condition }: Request, tokens: readonly string[]): Record<string, string> {
  const etag = `"${condition?.version === 'any' ? '' : (known.etags.get(condition?.version ?? 0) ?? 'stale')}"`
  const isIf = condition?.header === 'if'
  const own = isIf && condition.version !== 'any' ? `[${etag}]` : 'Not <DAV:no-lock>'
  const lists = [...tokens.map((token) => `(Not <urn:none> <${token}> ${own})`), `(${own})`]
  return {
    ...(isIf || tokens.length > 0 ? { if: lists.join(' ') } : {}),
    ...(condition === undefined || isIf ? {} : { [condition.header]: condition.version === 'any' ? '*' : etag }),
  }
}

/** Where a node is. */
export function pathOf(state: State, key: number): Path {
  const search = (path: Path): Path | undefined => {
    const node = nodeAt(state, path)
    if (node?.key === key) return path
    if (node?.kind !== 'folder') return undefined
    for (const name of node.members.keys()) {
      const found = search([...path, name])
      if (found !== undefined) return found
    }
    return undefined
  }
  return search([]) ?? ['none']
}

async function makeLink(
  sender: Sender,
  state: State,
  known: Known,
  { path, seconds, link }: MakeLink,
): Promise<TestAnswer> {
  const id = known.ids.get(nodeAt(state, path)?.key ?? -1) ?? '999999999'
  const answer = await sender.send(
    'POST',
    '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
    { 'ocs-apirequest': 'true', 'content-type': 'application/json' },
    JSON.stringify({ fileId: id, expirationTime: seconds }),
  )
  if (answer.status === 200) known.links.set(link, new URL(answer.json().ocs.data.url).pathname)
  return answer
}
