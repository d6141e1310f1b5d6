import type { HttpRoute } from '../../http/route.ts'
import { Fault } from '../../lib/fault.ts'
import { lookUp } from '../../lib/lookup.ts'

const drawn = (paths: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="#000">${paths}</svg>`

/** Our own drawings, black for a bright ground, by the name of the file. */
const ICONS: Readonly<Record<string, string>> = {
  'notifications-dark.svg': drawn(
    '<path d="M12 3a6 6 0 0 1 6 6v4.300l1.700 2.600A.7.7 0 0 1 19.100 17H4.900a.7.7 0 0 1-.6-1.100L6 13.300V9a6 6 0 0 1 6-6Z"/><path d="M9.500 18.500h5a2.500 2.500 0 0 1-5 0Z"/>',
  ),
  'key-dark.svg': drawn(
    '<path fill-rule="evenodd" d="M8 7a5 5 0 1 0 4.600 7H15v2.500h3V14h3v-4h-8.400A5 5 0 0 0 8 7Zm0 3.200a1.800 1.800 0 1 1 0 3.600 1.800 1.800 0 0 1 0-3.600Z"/>',
  ),
  'space-dark.svg': drawn(
    '<path fill-rule="evenodd" d="M5.500 4h13A1.500 1.500 0 0 1 20 5.500v13a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 18.500v-13A1.500 1.500 0 0 1 5.500 4Zm.5 2v2h12V6Z"/>',
  ),
  'link-dark.svg': drawn(
    '<path d="M10 7v2.200H7.500a2.800 2.800 0 0 0 0 5.600H10V17H7.500a5 5 0 0 1 0-10Zm4 0h2.500a5 5 0 0 1 0 10H14v-2.200h2.500a2.800 2.800 0 0 0 0-5.600H14Zm-5.500 4h7v2.200h-7Z"/>',
  ),
}

/** Pictures that notifications name. They are the same for everybody. */
export const notificationIcon: HttpRoute = {
  method: 'GET',
  path: '/apps/notifications/img/:file',
  summary: 'An icon of a notification',
  access: 'public',
  handler(request, reply) {
    const icon = lookUp(ICONS, (request.params as { readonly file: string }).file)
    if (icon === undefined) throw new Fault('not-found', 'There is no such icon')
    reply.header('cache-control', 'public, max-age=86400')
    return reply.header('content-type', 'image/svg+xml').send(icon)
  },
}
