import { lookup, Resolver } from 'node:dns/promises'

/** The addresses of a host name, in the order in which they are to be tried. Empty when there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

const TIMEOUT_MS = 3_000
const TRIES = 2

/**
 * For names that anybody may bring. Asks the name servers from the event loop: the resolver of the system works in
 * Node's few threads, where a slow name server of somebody's choice would hold up every file of this server.
 */
export async function resolveByNameServers(hostname: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  const found = await Promise.allSettled([resolver.resolve6(hostname), resolver.resolve4(hostname)])
  return found.flatMap((family) => (family.status === 'fulfilled' ? family.value : []))
}

/** For names on the administrator's list: with the hosts file and whatever else this machine knows. */
export async function resolveBySystem(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address)
}
