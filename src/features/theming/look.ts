import type { Branding } from '../../http/page.ts'
import type { Json } from '../../lib/json.ts'
import { lookUp } from '../../lib/lookup.ts'
import { PRODUCT_NAME } from '../../lib/version.ts'
import { elementOnBright, elementOnDark, textOn } from './colors.ts'
import { BACKGROUNDS, DEFAULT_BACKGROUND_NAME } from './drawings.ts'
import type { Choice, Theme } from './service.ts'
import { DEFAULT_BACKGROUND, DEFAULT_PRIMARY } from './settings.ts'

/** What one viewer is to see: the server's theme, changed by the viewer's own choice. */
export interface Look {
  readonly primary: string
  readonly backgroundColor: string
  /** Path of the background picture; undefined for the plain colour. */
  readonly backgroundPath: string | undefined
  /** Whether nobody has put a picture of their own there. */
  readonly isDefaultBackground: boolean
}

const shippedPath = (name: string): string => `/apps/theming/img/background/${name}`

export function lookOf(theme: Theme, choice: Choice | undefined): Look {
  const mayChoose = theme.values['disable-user-theming'] !== 'yes'
  const ownColor = mayChoose ? choice?.primaryColor : undefined
  const primary = ownColor || (theme.values['primary_color'] ?? DEFAULT_PRIMARY)
  const serverColor = theme.values['background_color'] ?? DEFAULT_BACKGROUND
  const background = mayChoose ? (choice?.background ?? 'default') : 'default'
  if (background === 'color') {
    const backgroundColor = choice?.backgroundColor || serverColor
    return { primary, backgroundColor, backgroundPath: undefined, isDefaultBackground: true }
  }
  if (background !== 'default' && lookUp(BACKGROUNDS, background) !== undefined) {
    return {
      primary,
      backgroundColor: serverColor,
      backgroundPath: shippedPath(background),
      isDefaultBackground: false,
    }
  }
  if (theme.isPlain) {
    return { primary, backgroundColor: serverColor, backgroundPath: undefined, isDefaultBackground: true }
  }
  const isOwn = theme.images.has('background')
  const backgroundPath = isOwn
    ? `/apps/theming/image/background?v=${theme.version}`
    : shippedPath(DEFAULT_BACKGROUND_NAME)
  return { primary, backgroundColor: serverColor, backgroundPath, isDefaultBackground: !isOwn }
}

/** Path of the picture for a place, or of one that stands in for it. */
function picturePath(theme: Theme, name: 'logo' | 'logoheader' | 'favicon'): string {
  if (theme.images.has(name)) return `/apps/theming/image/${name}?useSvg=1&v=${theme.version}`
  if (theme.images.has('logo')) return `/apps/theming/image/logo?useSvg=1&v=${theme.version}`
  return `/core/img/logo/logo.svg?v=${theme.version}`
}

/**
 * The block `theming` of the capabilities (recordings capabilities, theming). Each picture has its own address when it is
 * set; the reference names the logo for all three, which hides the header logo from clients.
 */
export function themingCapabilities(theme: Theme, choice: Choice | undefined, baseUrl: string): Record<string, Json> {
  const { primary, backgroundColor, backgroundPath, isDefaultBackground } = lookOf(theme, choice)
  const { values } = theme
  return {
    name: values['name'],
    productName: PRODUCT_NAME,
    url: values['url'] || baseUrl,
    imprintUrl: values['imprintUrl'],
    privacyUrl: values['privacyUrl'],
    slogan: values['slogan'],
    color: primary,
    'color-text': textOn(primary),
    'color-element': elementOnBright(primary),
    'color-element-bright': elementOnBright(primary),
    'color-element-dark': elementOnDark(primary),
    logo: baseUrl + picturePath(theme, 'logo'),
    background: backgroundPath === undefined ? backgroundColor : baseUrl + backgroundPath,
    'background-text': textOn(backgroundColor),
    'background-plain': backgroundPath === undefined,
    'background-default': isDefaultBackground,
    logoheader: baseUrl + picturePath(theme, 'logoheader'),
    favicon: baseUrl + picturePath(theme, 'favicon'),
    primaryColor: primary,
    backgroundColor,
    defaultPrimaryColor: values['primary_color'],
    defaultBackgroundColor: values['background_color'],
    inverted: textOn(primary) === '#000000',
    cacheBuster: `${theme.version.toString(16)}-${(choice?.version ?? 0).toString(16)}`,
    enabledThemes: choice?.themes ?? [],
  } as Record<string, Json>
}

export function brandingOf(theme: Theme, baseUrl: string): Branding {
  const { primary, backgroundColor, backgroundPath } = lookOf(theme, undefined)
  return {
    name: theme.values['name'] ?? PRODUCT_NAME,
    slogan: theme.values['slogan'] ?? '',
    primaryColor: primary,
    primaryTextColor: textOn(primary),
    backgroundColor,
    backgroundTextColor: textOn(backgroundColor),
    logoUrl: baseUrl + picturePath(theme, 'logo'),
    faviconUrl: `${baseUrl}/apps/theming/favicon?v=${theme.version}`,
    backgroundUrl: backgroundPath === undefined ? undefined : baseUrl + backgroundPath,
    imprintUrl: theme.values['imprintUrl'] ?? '',
    privacyUrl: theme.values['privacyUrl'] ?? '',
  }
}
