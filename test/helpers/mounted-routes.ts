import type { FastifyInstance } from 'fastify'

export interface MountedRoute {
  readonly method: string
  /** As Fastify writes it, with `:name` and `*`. */
  readonly path: string
}

/** Every method and path that the server has mounted, from the server itself: nobody has to remember to list a new one. */
export async function mountedRoutes(server: FastifyInstance): Promise<MountedRoute[]> {
  await server.ready()
  const routes: MountedRoute[] = []
  /** Beginnings of the path by depth: the tree prints only what each line adds. */
  const above: string[] = []
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods = ''] = /^([\s│├└─]*)(\S.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    if (part === '') continue
    const depth = indent.length / 4
    above[depth] = (depth === 0 ? '' : (above[depth - 1] ?? '')) + part
    for (const method of methods === '' ? [] : methods.split(', ')) routes.push({ method, path: above[depth] ?? '' })
  }
  return routes
}
