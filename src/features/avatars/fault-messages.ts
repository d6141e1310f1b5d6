import type { Message, Messages } from '../../lib/languages.ts'

/** Why a picture is not taken (recording avatar). */
export const MESSAGES = {
  noImage: {
    en: 'Invalid image',
    de: 'Das ist kein Bild, das hier gelesen werden kann',
    fr: 'Ce n’est pas une image qui peut être lue ici',
  },
  tooLarge: (mebibytes: number): Message => ({
    en: `The picture is larger than ${mebibytes} MiB`,
    de: `Das Bild ist größer als ${mebibytes} MiB`,
    fr: `L’image dépasse ${mebibytes} Mio`,
  }),
  tooMany: {
    en: 'Too many pictures are asked for at once',
    de: 'Gerade werden zu viele Bilder auf einmal verlangt',
    fr: 'Trop d’images sont demandées en même temps',
  },
  changed: {
    en: 'The picture was changed meanwhile. Ask again',
    de: 'Das Bild wurde inzwischen geändert. Bitte noch einmal versuchen',
    fr: 'L’image a été changée entre-temps. Réessayez',
  },
  noFile: {
    en: 'There is no such file',
    de: 'Diese Datei gibt es nicht',
    fr: 'Ce fichier n’existe pas',
  },
  nothingSent: {
    en: 'No image or file provided',
    de: 'Es wurde kein Bild geschickt',
    fr: 'Aucune image n’a été envoyée',
  },
  noAccount: {
    en: 'User does not exist',
    de: 'Dieses Konto gibt es nicht',
    fr: 'Ce compte n’existe pas',
  },
} as const satisfies Messages
