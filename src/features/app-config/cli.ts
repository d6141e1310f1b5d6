import type { Command } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { AppConfig } from './service.ts'

const CLI = 'cli'
const APP = { name: 'app', summary: 'Id of the app: core, files, theming, ...' }
const NAME = { name: 'name', summary: 'Name of the value' }

/** With the names and options that `occ` has for them. */
export function appConfigCommands(config: AppConfig): Command[] {
  return [listValues(config), getValue(config), setValue(config), deleteValue(config)]
}

function listValues(config: AppConfig): Command {
  return {
    name: 'config:app:list',
    summary: 'List what is set for apps, and the settings that mean something to this server',
    args: [{ ...APP, name: 'app?' }],
    async run(input, out) {
      const { app } = input.args
      const apps = app === undefined ? await config.listApps() : [app]
      const values: Record<string, Record<string, string>> = {}
      for (const each of apps) {
        const own: Record<string, string> = {}
        for (const name of await config.listNames(each)) own[name] = (await config.find(each, name)) ?? ''
        values[each] = own
      }
      const lines = Object.entries(values).flatMap(([each, own]) =>
        Object.entries(own).map(([name, value]) => `  - ${each} ${name}: ${value}`),
      )
      const known = config.settings
        .filter((setting) => app === undefined || setting.app === app)
        .map(({ app: owner, name, summary, fallback }) => `  ${owner} ${name}: ${summary} (without it: ${fallback})`)
      out.result(values, [...lines, ...(known.length === 0 ? [] : ['Settings that act here:', ...known])])
    },
  }
}

function getValue(config: AppConfig): Command {
  return {
    name: 'config:app:get',
    summary: 'Print a value of an app',
    args: [APP, NAME],
    options: { 'default-value': { type: 'string', value: 'VALUE', summary: 'Printed when there is none' } },
    async run(input, out) {
      const { app = '', name = '' } = input.args
      const fallback = input.options['default-value']
      const value = (await config.find(app, name)) ?? (typeof fallback === 'string' ? fallback : undefined)
      if (value === undefined) throw new Fault('not-found', `${app} has no value "${name}"`)
      out.result(value, [value])
    },
  }
}

function setValue(config: AppConfig): Command {
  return {
    name: 'config:app:set',
    summary: 'Set a value of an app',
    args: [APP, NAME],
    options: {
      value: { type: 'string', value: 'VALUE', summary: 'The new value' },
      'update-only': { type: 'boolean', summary: 'Only when there is one already' },
    },
    examples: ['config:app:set files default_quota --value "5 GB"'],
    async run(input, out) {
      const { app = '', name = '' } = input.args
      const { value } = input.options
      if (typeof value !== 'string') throw new Fault('bad-request', 'Give the new value with --value')
      if (input.options['update-only'] === true && !(await config.listNames(app)).includes(name)) {
        out.result({ [name]: null }, [`${app} has no value "${name}", so nothing was set`])
        return
      }
      await config.set(app, name, value, CLI)
      const set = (await config.find(app, name)) ?? ''
      out.result({ [name]: set }, [`${app} ${name} is now "${set}"`])
    },
  }
}

function deleteValue(config: AppConfig): Command {
  return {
    name: 'config:app:delete',
    summary: 'Take a value of an app back',
    args: [APP, NAME],
    options: { 'error-if-not-exists': { type: 'boolean', summary: 'Fail when there is none' } },
    async run(input, out) {
      const { app = '', name = '' } = input.args
      if (input.options['error-if-not-exists'] === true && !(await config.listNames(app)).includes(name)) {
        throw new Fault('not-found', `${app} has no value "${name}"`)
      }
      await config.remove(app, name, CLI)
      out.result({ [name]: null }, [`${app} ${name} is not set any more`])
    },
  }
}
