import { refusingPrompt } from '../../src/cli/prompt.ts'
import { runCommand } from '../../src/cli/run.ts'
import type { App } from '../../src/main/app.ts'

/** Runs a command of a feature in this process, over the app of a test. */
export async function runIn(app: App, name: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const command = app.features.list.flatMap(({ commands }) => commands ?? []).find((known) => known.name === name)
  if (command === undefined) throw new Error(`There is no command ${name}`)
  let out = ''
  const write = (text: string): void => {
    out += text
  }
  const io = { out: write, err: write, prompt: refusingPrompt({}), showsTraces: false }
  return { code: await runCommand(command, args, io), out }
}
