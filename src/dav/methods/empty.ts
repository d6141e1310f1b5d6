/** Empty answers have this type on the wire (recording webdav-files). */
export const EMPTY = { 'content-type': 'text/html; charset=UTF-8', 'content-length': '0' } as const
