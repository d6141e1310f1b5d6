/** Long enough for no word, and for every secret that stands in an address: direct links, sign-ins that have begun. */
const SECRET = /(?<=\/)([\w-]{4})[\w-]{20,}(?=\/|$)/g

/** A path as it may stand in a log: without its query, and of what may be a secret only the beginning. */
export function loggedPath(url: string): string {
  const query = url.indexOf('?')
  return (query === -1 ? url : url.slice(0, query)).replace(SECRET, '$1…')
}
