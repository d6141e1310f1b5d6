import { textOn } from './colors.ts'

/** Our own pictures: a small cloud, icons, and backgrounds. */

/** The mark: a cloud with a roof's warmth inside, on a rounded tile of the primary colour. */
export function logoSvg(primary: string): string {
  const cloud = textOn(primary)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128" width="128" height="128"><rect width="128" height="128" rx="30" fill="${primary}"/><path d="M40 92a22 22 0 0 1-3.4-43.7A29 29 0 0 1 92.6 44 24 24 0 0 1 90 92Z" fill="${cloud}"/><path d="M65 54.500 82 69v15a2 2 0 0 1-2 2H70V75H60v11H50a2 2 0 0 1-2-2V69Z" fill="${primary}"/></svg>`
}

const FILES_ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="#fff"><path d="M4 4.500A1.500 1.500 0 0 1 5.500 3H10l2 2.500h6.500A1.500 1.500 0 0 1 20 7v1H4Zm-1 5h18l-1.200 9.200A1.500 1.500 0 0 1 18.300 20H5.700a1.500 1.500 0 0 1-1.500-1.300Z"/></svg>'
const CORE_ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="#fff"><path d="M7.500 19a5 5 0 0 1-.8-9.940A6.600 6.600 0 0 1 19.400 8.200 5.500 5.500 0 0 1 18.500 19Z"/></svg>'

/** Icons by app and file name, white, for a coloured ground. */
export const ICONS: Readonly<Record<string, string>> = {
  'files/app.svg': FILES_ICON,
  'core/app.svg': CORE_ICON,
  'theming/app.svg': CORE_ICON,
}

/** Apps that have a name of their own in the manifest. */
export const APP_TITLES: Readonly<Record<string, { readonly title: string; readonly description: string }>> = {
  files: { title: 'Files', description: 'Files of this server' },
}

/** Backgrounds that come with Cloudlet, by the name under which accounts choose them. */
export const BACKGROUNDS: Readonly<Record<string, string>> = {
  'quiet-hills.webp': scene('#9fd0d8', '#2b7d95', ['#4f9aa6', '#2f7a8a', '#1c5a6c', '#123f50']),
  'evening-hills.webp': scene('#f3c9a5', '#8a5a83', ['#a56f86', '#74527b', '#4c3c68', '#2c2749']),
}

export const DEFAULT_BACKGROUND_NAME = 'quiet-hills.webp'

function scene(skyLow: string, skyHigh: string, hills: readonly string[]): string {
  const ridges = [
    'M0 640C280 560 470 700 760 620S1290 520 1600 610 1820 600 1920 560V1080H0Z',
    'M0 760C220 690 520 800 820 730S1400 640 1920 740V1080H0Z',
    'M0 880C340 790 620 900 980 850S1600 780 1920 870V1080H0Z',
    'M0 980C300 920 700 1010 1060 960S1640 930 1920 980V1080H0Z',
  ]
  const layers = ridges.map((path, index) => `<path d="${path}" fill="${hills[index] ?? '#000000'}"/>`).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1920 1080" width="1920" height="1080"><defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${skyHigh}"/><stop offset="0.7" stop-color="${skyLow}"/></linearGradient></defs><rect width="1920" height="1080" fill="url(#s)"/><g fill="#ffffff" fill-opacity="0.550"><path d="M330 300a58 58 0 0 1-9-115 78 78 0 0 1 151-12 64 64 0 0 1-7 127Z"/><path d="M1330 240a40 40 0 0 1-6-79 54 54 0 0 1 104-8 44 44 0 0 1-5 87Z" fill-opacity="0.4"/></g>${layers}</svg>`
}
