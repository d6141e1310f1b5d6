import { readFileSync, statSync } from 'node:fs'
import type { Command } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { MAX_INPUT_BYTES } from './images.ts'
import type { Theme, Theming } from './service.ts'
import { IMAGE_NAMES, isImageName, settingName, TEXT_SETTINGS, unknownSetting } from './settings.ts'

const CLI = 'cli'

/** What stands for a plain colour in place of a background picture, as in `occ`. */
const PLAIN_WORD = 'backgroundColor'

export function themingCommands(theming: Theming): Command[] {
  return [
    {
      name: 'theming:config',
      summary: 'Show or change how the server presents itself: name, colours, logo, ...',
      args: [
        { name: 'key?', summary: `One of ${[...Object.keys(TEXT_SETTINGS), ...IMAGE_NAMES].join(', ')}` },
        {
          name: 'value?',
          summary: 'New value; for an image the path of a file; for background also the word backgroundColor',
        },
      ],
      options: { reset: { type: 'boolean', short: 'r', summary: 'Back to what Cloudlet comes with' } },
      async run(input, out) {
        const { key, value } = input.args
        if (key === undefined) {
          const all = shown(await theming.theme())
          out.result(
            all,
            Object.entries(all).map(([name, current]) => `  - ${name}: ${current}`),
          )
          return
        }
        const name = settingName(key)
        if (!Object.hasOwn(TEXT_SETTINGS, name) && !isImageName(name)) throw unknownSetting(key)
        if (input.options['reset'] === true) await theming.reset(name, CLI)
        else if (value !== undefined) await change(theming, name, value)
        const current = shown(await theming.theme())[name] ?? ''
        out.result({ [name]: current }, [value === undefined ? String(current) : `${name} is now "${current}"`])
      },
    },
  ]
}

async function change(theming: Theming, name: string, value: string): Promise<void> {
  if (!isImageName(name)) await theming.set(name, value, CLI)
  else if (name === 'background' && value === PLAIN_WORD) await theming.setPlainBackground(CLI)
  else await theming.setImage(name, readImage(value), CLI)
}

function readImage(path: string): Uint8Array {
  try {
    if (statSync(path).size > MAX_INPUT_BYTES) throw new Fault('bad-request', 'The image is larger than 20 MiB')
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Fault) throw error
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new Fault('bad-request', `The file ${path} cannot be read (${reason})`, {}, { cause: error })
  }
}

function shown(theme: Theme): Record<string, Json> {
  const values: Record<string, Json> = { ...theme.values }
  for (const name of IMAGE_NAMES) values[name] = theme.images.get(name)?.contentType ?? ''
  if (theme.isPlain) values['background'] = PLAIN_WORD
  return values
}
