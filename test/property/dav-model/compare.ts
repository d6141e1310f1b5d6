import assert from 'node:assert/strict'
import { readXml, type XmlElement } from '../../../src/dav/xml/read.ts'
import { FILES } from '../../helpers/dav.ts'
import { type Known, type Sender, sha1 } from './client.ts'
import { locksOn, type Node, type State, sizeOf } from './state.ts'

const ASK =
  '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:m="urn:model"><d:prop><d:getetag/><d:getlastmodified/><d:getcontentlength/><d:quota-used-bytes/><d:quota-available-bytes/><d:lockdiscovery/><oc:fileid/><oc:size/><oc:favorite/><oc:checksums/><m:one/><m:two/></d:prop></d:propfind>'

/** A file or folder as the server tells of it. */
export interface Seen {
  readonly path: string
  readonly values: ReadonlyMap<string, XmlElement>
}

export async function look(sender: Sender): Promise<Seen[]> {
  const answer = await sender.send('PROPFIND', '/', { depth: 'infinity' }, ASK)
  assert.equal(answer.status, 207, answer.text)
  const home = `${FILES}/${sender.userId}`
  return readXml(answer.bytes).children.map((response) => {
    const [href, ...propstats] = response.children
    const found =
      propstats.find((propstat) => propstat.children[1]?.text.includes(' 200 '))?.children[0]?.children ?? []
    return {
      path: decodeURIComponent(href?.text ?? '')
        .slice(home.length)
        .replace(/\/$/, ''),
      values: new Map(found.map((value) => [value.name.replace(/^.*\}/, ''), value])),
    }
  })
}

/** Everything that is there, with the line of nodes that leads to it. */
function* lines(line: readonly Node[], path: string): Generator<readonly [string, readonly Node[]]> {
  yield [path, line]
  const last = line.at(-1)
  if (last?.kind !== 'folder') return
  for (const [name, member] of last.members) yield* lines([...line, member], `${path}/${name}`)
}

/** What must be seen of a node, apart from what only the server knows. */
function expected(state: State, known: Known, line: readonly Node[]): Record<string, unknown> {
  const node = line.at(-1) ?? state.root
  const isFile = node.kind === 'file'
  const used = sizeOf(state.root)
  const available = state.quota === undefined ? '-3' : String(Math.max(0, state.quota - used))
  return {
    size: String(sizeOf(node)),
    getcontentlength: isFile ? String(node.content.length) : undefined,
    'quota-used-bytes': isFile ? undefined : String(sizeOf(node)),
    'quota-available-bytes': isFile ? undefined : available,
    getlastmodified: new Date(node.mtimeS * 1_000).toUTCString(),
    favorite: node.favorite ? '1' : '0',
    checksums: isFile && node.hasChecksum ? sha1(node.content) : undefined,
    one: node.dead.get('one'),
    two: node.dead.get('two'),
    locks: locksOn(state, line)
      .map(({ id }) => known.tokens.get(id))
      .toSorted(),
  }
}

function actual({ values }: Seen): Record<string, unknown> {
  const text = (name: string): string | undefined => values.get(name)?.text
  const tokens = [...allNamed(values.get('lockdiscovery'), '{DAV:}locktoken')].map(({ children }) => children[0]?.text)
  return {
    size: text('size'),
    getcontentlength: text('getcontentlength'),
    'quota-used-bytes': text('quota-used-bytes'),
    'quota-available-bytes': text('quota-available-bytes'),
    getlastmodified: text('getlastmodified'),
    favorite: text('favorite'),
    checksums: values.get('checksums')?.children[0]?.text,
    one: text('one'),
    two: text('two'),
    locks: tokens.toSorted(),
  }
}

function* allNamed(element: XmlElement | undefined, name: string): Generator<XmlElement> {
  for (const child of element?.children ?? []) {
    if (child.name === name) yield child
    yield* allNamed(child, name)
  }
}

/**
 * Holds what is seen against the model: the same tree with the same facts; ids that never change and are never given
 * twice; etags that change exactly with their version. Learns ids and etags that are new. Throws AssertionError.
 */
export function compare(state: State, known: Known, seen: readonly Seen[]): void {
  const wanted = new Map(lines([state.root], ''))
  assert.deepEqual(seen.map(({ path }) => path).toSorted(), [...wanted.keys()].toSorted())
  const keyOf = new Map([...known.ids].map(([key, id]) => [id, key]))
  for (const place of seen) {
    const line = wanted.get(place.path) ?? []
    const node = line.at(-1) ?? state.root
    assert.deepEqual(actual(place), expected(state, known, line), place.path)
    const id = place.values.get('fileid')?.text ?? ''
    assert.equal(known.ids.get(node.key) ?? id, id, `the id of ${place.path}`)
    assert.equal(keyOf.get(id) ?? node.key, node.key, `the id of ${place.path} was another file's`)
    known.ids.set(node.key, id)
    compareEtag(known, node, place)
  }
}

function compareEtag(known: Known, node: Node, place: Seen): void {
  const etag = (place.values.get('getetag')?.text ?? '').replaceAll('"', '')
  assert.notEqual(etag, '')
  const before = known.etags.get(node.version)
  if (before === undefined) {
    const isUsed = known.etagsOf.get(node.key)?.has(etag) ?? false
    assert.equal(isUsed, false, `the etag of ${place.path} did not change`)
  } else assert.equal(etag, before, `the etag of ${place.path} changed`)
  known.etags.set(node.version, etag)
  const all = known.etagsOf.get(node.key) ?? new Set()
  known.etagsOf.set(node.key, all.add(etag))
}

/** Reads files that have content which nobody has looked at yet. */
export async function compareContents(sender: Sender, state: State, known: Known): Promise<void> {
  for (const [path, line] of lines([state.root], '')) {
    const node = line.at(-1)
    if (node?.kind !== 'file' || known.read.has(node.version)) continue
    const answer = await sender.send('GET', path.split('/').map(encodeURIComponent).join('/'))
    assert.deepEqual([path, answer.status, answer.text], [path, 200, node.content])
    known.read.add(node.version)
  }
}
