/** What the desktop client asks of the root every half minute. */
export const POLL_PROPFIND =
  '<?xml version="1.0" ?><d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>'

const DESKTOP_NAMES = [
  ...['resourcetype', 'getlastmodified', 'getcontentlength', 'getetag'].map((name) => `d:${name}`),
  ...['size', 'id', 'fileid', 'downloadURL', 'dDC', 'permissions', 'checksums', 'share-types'].map(
    (name) => `oc:${name}`,
  ),
]
const LOCK_NAMES = [
  'lock',
  'lock-owner-displayname',
  'lock-owner',
  'lock-owner-type',
  'lock-owner-editor',
  'lock-time',
  'lock-timeout',
]

/** What it asks of every folder that has changed. */
export const DESKTOP_PROPFIND = `<?xml version="1.0" ?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop>${DESKTOP_NAMES.map(
  (name) => `<${name} />`,
).join('')}${LOCK_NAMES.map((name) => `<${name} xmlns="http://nextcloud.org/ns" />`).join('')}</d:prop></d:propfind>`
