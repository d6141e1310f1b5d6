import type { FastifyRequest } from 'fastify'
import type { AccountViewer } from '../../http/viewer.ts'
import type { NavigationItem } from '../feature.ts'
import { SECURITY_PATH } from './security-pages.ts'
import type { Sessions } from './sessions.ts'

/** Pages about the own account. Only a browser that is signed in has something to sign out of. */
export function authNavigation(
  sessions: Pick<Sessions, 'requestToken'>,
): (viewer: AccountViewer, request: FastifyRequest) => NavigationItem[] {
  return (viewer, request) => {
    const security: NavigationItem = {
      kind: 'settings',
      id: 'settings',
      order: 3,
      path: SECURITY_PATH,
      icon: '/apps/theming/img/core/app.svg',
      name: { en: 'Settings', de: 'Einstellungen', fr: 'Paramètres' },
    }
    const cookie = viewer.via === 'session' ? request.sessionCookie() : undefined
    if (cookie === undefined) return [security]
    const token = encodeURIComponent(sessions.requestToken(cookie))
    const logout: NavigationItem = {
      kind: 'settings',
      id: 'logout',
      order: 99_999,
      path: `/logout?requesttoken=${token}`,
      icon: '',
      name: { en: 'Log out', de: 'Abmelden', fr: 'Se déconnecter' },
    }
    return [security, logout]
  }
}
