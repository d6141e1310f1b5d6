import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { imageLibrary, MAX_INPUT_PIXELS } from '../../lib/image-library.ts'
import type { ImageName } from './settings.ts'

export const MAX_INPUT_BYTES = 20 * 1024 * 1024
const MAX_SECONDS = 20

export interface EncodedImage {
  readonly contentType: string
  readonly content: Uint8Array
  readonly etag: string
}

const LARGEST: Readonly<Record<ImageName, number>> = { logo: 1_024, logoheader: 1_024, favicon: 512, background: 3_840 }

/**
 * Reads an image and writes it anew, so that nothing of the input but its pixels is ever sent to a browser: no script of
 * an SVG, no metadata, nothing behind the end of the picture. SVG becomes pixels too. Throws Fault `bad-request`.
 */
export async function encodeImage(name: ImageName, input: Uint8Array): Promise<EncodedImage> {
  if (input.byteLength > MAX_INPUT_BYTES) throw new Fault('bad-request', 'The image is larger than 20 MiB')
  const sharp = await imageLibrary()
  const largest = LARGEST[name]
  try {
    const options = { limitInputPixels: MAX_INPUT_PIXELS, failOn: 'error', pages: 1, density: 144 }
    const picture = sharp(input, options)
      .timeout({ seconds: MAX_SECONDS })
      .autoOrient()
      .resize({ width: largest, height: largest, fit: 'inside', withoutEnlargement: true })
    const written = name === 'background' ? picture.webp({ quality: 82 }) : picture.png({ compressionLevel: 9 })
    const content = new Uint8Array(await written.toBuffer())
    return withEtag(name === 'background' ? 'image/webp' : 'image/png', content)
  } catch (error) {
    throw new Fault(
      'bad-request',
      'This is not an image that can be used. Take a PNG, JPEG, WebP, GIF, AVIF or SVG of at most 50 megapixels',
      { field: name },
      { cause: error },
    )
  }
}

/** The average colour of a picture, so that text on it can be told from it. */
export async function averageColor(content: Uint8Array): Promise<string> {
  const sharp = await imageLibrary()
  const pixel = await sharp(content, { limitInputPixels: MAX_INPUT_PIXELS })
    .flatten()
    .resize(1, 1, { fit: 'fill' })
    .raw()
    .toBuffer()
  return `#${pixel.subarray(0, 3).toString('hex')}`
}

/** A square PNG, the picture centred on nothing. */
export async function squareIcon(input: Uint8Array, pixels: number): Promise<EncodedImage> {
  const sharp = await imageLibrary()
  const content = await sharp(input, { limitInputPixels: MAX_INPUT_PIXELS, density: 288 })
    .resize({ width: pixels, height: pixels, fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png({ compressionLevel: 9 })
    .toBuffer()
  return withEtag('image/png', new Uint8Array(content))
}

/** One of our own drawings as WebP. */
export async function drawBackground(svg: string): Promise<EncodedImage> {
  const sharp = await imageLibrary()
  const content = await sharp(Buffer.from(svg), { density: 96 }).webp({ quality: 80 }).toBuffer()
  return withEtag('image/webp', new Uint8Array(content))
}

function withEtag(contentType: string, content: Uint8Array): EncodedImage {
  return { contentType, content, etag: `"${sha256Hex(content).slice(0, 32)}"` }
}
