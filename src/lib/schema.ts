import type {
  TArray,
  TBoolean,
  TInteger,
  TNull,
  TNumber,
  TObject,
  TOptional,
  TProperties,
  TRecord,
  TSchema,
  TString,
  TUnion,
  TUnknown,
} from 'typebox'

/** Marks a member that may be left out; it is no part of the JSON Schema. */
const OPTIONAL = Symbol('optional')

interface Described {
  readonly description?: string
}

interface TextLimits<Default> extends Described {
  readonly maxLength?: number
  readonly default?: Default
}

interface NumberLimits extends Described {
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: number
}

/**
 * Schemas as plain JSON Schema, typed by TypeBox: one text gives the type, the check and the API description. TypeBox
 * itself stays on the side of the compiler, because loading its 370 modules costs a start a tenth of a second and 20 MB.
 */
export const Type = {
  String: (limits: TextLimits<string> = {}): TString => ({ type: 'string', ...limits }) as unknown as TString,
  Integer: (limits: NumberLimits = {}): TInteger => ({ type: 'integer', ...limits }) as unknown as TInteger,
  Number: (limits: NumberLimits = {}): TNumber => ({ type: 'number', ...limits }) as unknown as TNumber,
  Boolean: (): TBoolean => ({ type: 'boolean' }) as unknown as TBoolean,
  Null: (): TNull => ({ type: 'null' }) as unknown as TNull,
  Unknown: (): TUnknown => ({}) as unknown as TUnknown,
  Array: <Item extends TSchema>(items: Item): TArray<Item> => ({ type: 'array', items }) as unknown as TArray<Item>,
  Union: <Parts extends TSchema[]>(parts: [...Parts]): TUnion<Parts> => ({ anyOf: parts }) as unknown as TUnion<Parts>,
  /** Null beside what the schema says: in a change it stands for 'as it is'. A text is never taken for null. */
  Nullable: <Schema extends TSchema>(schema: Schema): TUnion<[Schema, TNull]> =>
    ({ ...schema, type: [(schema as { type?: string }).type, 'null'] }) as unknown as TUnion<[Schema, TNull]>,
  Optional: <Schema extends TSchema>(schema: Schema): TOptional<Schema> =>
    ({ ...schema, [OPTIONAL]: true }) as unknown as TOptional<Schema>,
  Record: <Value extends TSchema>(_key: TString, value: Value): TRecord<'^.*$', Value> =>
    ({ type: 'object', additionalProperties: value }) as unknown as TRecord<'^.*$', Value>,
  Object: <Members extends TProperties>(members: Members): TObject<Members> => {
    const required = Object.keys(members).filter((name) => !(OPTIONAL in (members[name] as object)))
    return { type: 'object', properties: members, required } as unknown as TObject<Members>
  },
} as const
