import { basic, type TestApp } from '../helpers/test-app.ts'
import { type Between, PASSWORDS } from './cast.ts'

/** One file or folder (its content undefined) that a recording found, with the id that it had there. */
interface Found {
  readonly owner?: string
  readonly path: string
  readonly content?: string | Uint8Array
  readonly recordedId?: string
  /** Made in the same second as the one before. */
  readonly isSameTime?: true
}

const REC: readonly Found[] = [
  { path: 'rec' },
  { path: 'rec/a.txt', content: 'Hello A\n', recordedId: '582' },
  { path: 'rec/sub', recordedId: '583' },
  { path: 'rec/sub/deep.txt', content: 'deep' },
  { path: 'rec/Readme.md', content: '# Title\n\nHello *world*\n' },
  { path: 'rec/ünïcode & sign.txt', content: 'u' },
  { path: 'rec/logo.png', content: new Uint8Array(425) },
  { path: 'rec/empty.txt', content: '' },
]

const photo = (name: string, sizeBytes: number): Found => ({
  path: `Photos/${name}`,
  content: new Uint8Array(sizeBytes),
  isSameTime: true,
})

const TREES: Readonly<Record<string, readonly Found[]>> = {
  'webdav-files': REC,
  'session-login': REC,
  'webdav-favorites-tags': REC,
  'webdav-errors': [{ path: 'err' }, { owner: 'erin', path: 'skeleton.bin', content: new Uint8Array(2_000) }],
  'webdav-chunked-upload': [{ path: 'chunk' }],
  'webdav-search': [
    { path: 'Photos', recordedId: '113' },
    photo('Nextcloud community.jpg', 797_325),
    photo('Library.jpg', 2_170_375),
    photo('Birdie.jpg', 593_508),
    photo('Gorilla.jpg', 474_653),
    photo('Toucan.jpg', 167_989),
    photo('Vineyard.jpg', 427_030),
    photo('Steps.jpg', 567_689),
    photo('Frog.jpg', 457_744),
    { path: 'Nextcloud intro.mp4', content: new Uint8Array(3_963_036) },
    { path: 'Nextcloud.png', content: new Uint8Array(50_598) },
    ...REC.filter(({ path }) => path !== 'rec/Readme.md'),
    { path: 'rec/mtime.txt', content: 'm' },
    { path: 'rec/te.txt' },
    { path: 'rec/LEN-b.txt', content: '12345' },
    { path: 'rec/sub-copy0' },
    { path: 'rec/sub-copy0/deep.txt', content: 'deep' },
    { path: 'bulk' },
    { path: 'bulk/after.txt', content: 'after' },
    { path: 'v.txt', content: 'version 1', recordedId: '678' },
    { path: 'c.txt', content: 'fourteen bytes' },
  ],
  'webdav-locks': [{ path: 'lk.txt', content: 'lock me', recordedId: '809' }, { path: 'rec' }],
  'direct-download': [
    { path: 'direct.txt', content: 'Hello direct download! 0123456789\n', recordedId: '529' },
    { path: 'folder', recordedId: '530' },
    { path: '', recordedId: '112' },
    { owner: 'bob', path: 'bobs.txt', content: 'of bob', recordedId: '521' },
  ],
}

const authorization = (owner: string): string => basic(owner, PASSWORDS[owner] ?? '')

const address = (owner: string, path: string): string =>
  `/remote.php/dav/files/${owner}/${path.split('/').map(encodeURIComponent).join('/')}`

async function put(app: TestApp, owner: string, path: string, content: string | Uint8Array): Promise<void> {
  const headers = { authorization: authorization(owner) }
  const answer = await app.request({ method: 'PUT', url: address(owner, path), headers, body: content })
  if (answer.status >= 300) throw new Error(`PUT ${path}: ${answer.status} ${answer.text}`)
}

/** The files of a recording, made as a client makes them, a second apart. */
export async function stageFiles(app: TestApp, topic: string, fileIds: Map<string, string>): Promise<void> {
  for (const { owner = 'alice', path, content, recordedId, isSameTime } of TREES[topic] ?? []) {
    if (isSameTime !== true) app.clock.advance(1_000)
    const headers = { authorization: authorization(owner) }
    if (content !== undefined) await put(app, owner, path, content)
    else if (path !== '') await app.request({ method: 'MKCOL', url: address(owner, path), headers })
    if (recordedId === undefined) continue
    const answer = await app.request({
      method: 'PROPFIND',
      url: address(owner, path),
      headers: { ...headers, depth: '0' },
      body: '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/></d:prop></d:propfind>',
    })
    fileIds.set(recordedId, /<oc:fileid>(\d+)</.exec(answer.text)?.[1] ?? '')
  }
}

const putChunk = (upload: string, content: string) => async (app: TestApp) => {
  const url = `/remote.php/dav/uploads/alice/${upload}/1`
  await app.request({ method: 'PUT', url, headers: { authorization: authorization('alice') }, body: content })
}

const setQuota = (quota: string) => async (app: TestApp) => {
  await app.request({
    method: 'PUT',
    url: '/ocs/v2.php/cloud/users/erin',
    headers: { 'ocs-apirequest': 'true', authorization: authorization('admin'), 'content-type': 'application/json' },
    body: JSON.stringify({ key: 'quota', value: quota }),
  })
}

const LINK_LIFE_MS = 86_400_000

const setEnabled = async (app: TestApp, isEnabled: boolean): Promise<void> => {
  const { accounts } = app.features
  await accounts.setEnabled(await accounts.get('alice'), isEnabled, 'test')
}

const makeFavorites = async (app: TestApp): Promise<void> => {
  for (const path of ['rec/a.txt', 'rec/sub']) {
    await app.request({
      method: 'PROPPATCH',
      url: address('alice', path),
      headers: { authorization: authorization('alice') },
      body: '<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set></d:propertyupdate>',
    })
  }
}

/** What was done between the recorded requests. */
export const BETWEEN_DAV: Readonly<Record<string, Between>> = {
  'webdav-files': {
    // Refused here, and made by the reference: later exchanges need them.
    'PUT with If-None-Match: * on a new name': (app) => put(app, 'alice', 'rec/len2.txt', '12345'),
    'MOVE with a path-only Destination': async (app) => {
      const headers = { authorization: authorization('alice'), destination: address('alice', 'rec/len-host.txt') }
      await app.request({ method: 'MOVE', url: address('alice', 'rec/len.txt'), headers })
      await put(app, 'alice', 'rec/len.txt', '12345')
    },
  },
  'webdav-errors': {
    'Quota of 1 KB: what the root says': setQuota('1 KB'),
    'Quota 0: what the root says': setQuota('0 B'),
    'No quota: what the root says (-3 is unlimited)': setQuota('none'),
  },
  'webdav-chunked-upload': {
    'Overwrite by chunks: MOVE answers 204': putChunk('u2', 'overwritten!!!'),
    'Wrong total length: MOVE': putChunk('u3', 'WRONG'),
    'No OC-Total-Length: MOVE works': putChunk('u4', 'no length'),
  },
  'webdav-search': {},
  'webdav-locks': {},
  'webdav-favorites-tags': { 'REPORT of favorites from the root': makeFavorites },
  'webdav-principals': {},
  'direct-download': {
    'After the file was overwritten the link serves the new content': (app) =>
      put(app, 'alice', 'direct.txt', 'new content\n'),
    'After the file was moved': async (app) => {
      const headers = { authorization: authorization('alice'), destination: address('alice', 'folder/moved.txt') }
      await app.request({ method: 'MOVE', url: address('alice', 'direct.txt'), headers })
    },
    'After the link expired (expiry moved into the past in the database)': async (app) => {
      app.clock.advance(LINK_LIFE_MS)
    },
    'While the owner is disabled': async (app) => {
      app.clock.advance(-LINK_LIFE_MS)
      await setEnabled(app, false)
    },
    'After the file was deleted': async (app) => {
      await setEnabled(app, true)
      const headers = { authorization: authorization('alice') }
      await app.request({ method: 'DELETE', url: address('alice', 'folder/moved.txt'), headers })
    },
  },
}
