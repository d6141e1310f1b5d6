import type { FastifyRequest } from 'fastify'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Feature, NavigationItem } from '../feature.ts'
import { PASSWORD_PATH } from './password-page.ts'
import { SECURITY_PATH } from './security-pages.ts'
import type { Sessions } from './sessions.ts'

/** Where menus and password managers find the pages about the own account. */
export function accountMenus(sessions: Pick<Sessions, 'requestToken'>): Pick<Feature, 'navigation' | 'wellKnown'> {
  return { navigation: navigation(sessions), wellKnown: { 'change-password': { redirectTo: PASSWORD_PATH } } }
}

/** Only a browser that is signed in has something to sign out of. */
function navigation(
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
