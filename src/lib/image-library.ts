import type { Sharp } from 'sharp'

/** Most pixels of a picture that is read; more would take memory out of proportion to the file (a decompression bomb). */
export const MAX_INPUT_PIXELS = 50_000_000

/** Kinds of input that may be read. Every other reader of the library is switched off. */
const READERS = {
  operation: [
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadHeifBuffer',
    'VipsForeignLoadSvgBuffer',
  ],
}

export type ImageLibrary = (input: Uint8Array, options?: object) => Sharp

let loaded: Promise<ImageLibrary> | undefined

/** The image library, loaded with the first image that needs it. Its limits hold for the whole process. */
export async function imageLibrary(): Promise<ImageLibrary> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] })
    sharp.unblock(READERS)
    sharp.concurrency(1)
    sharp.cache(false)
    return sharp as unknown as ImageLibrary
  })
  return loaded
}
