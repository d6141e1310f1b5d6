import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Theming } from './service.ts'

/** Themes of the account that asks (recording theming). Switching one on that is on changes nothing. */
export function themingRoutes(theming: Theming): OcsRoute[] {
  return [enableTheme(theming), disableTheme(theming)]
}

const enableTheme = (theming: Theming): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: '/apps/theming/api/v1/theme/:themeId/enable',
    summary: 'Switches a theme on for the account: light, dark, light-highcontrast, dark-highcontrast or default',
    auth: 'user',
    async handler({ viewer, params }) {
      // All themes are of one kind, so one takes the place of another.
      await theming.choose(viewer.accountId, { themes: [params.themeId] })
      return undefined
    },
  })

const disableTheme = (theming: Theming): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: '/apps/theming/api/v1/theme/:themeId',
    summary: 'Switches a theme off for the account',
    auth: 'user',
    async handler({ viewer, params }) {
      const { themes } = await theming.choice(viewer.accountId)
      await theming.choose(viewer.accountId, { themes: themes.filter((id) => id !== params.themeId) })
      return undefined
    },
  })
