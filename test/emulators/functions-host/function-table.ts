// The functions that the app has registered, by what triggers them.
import type { Binding, LoadedFunction } from './protocol';

export interface Triggered {
  readonly name: string;
  /** The name under which the function gets its trigger. */
  readonly bindingName: string;
  readonly trigger: Binding;
  /** The bindings through which it gets a Durable client. */
  readonly clientBindings: readonly string[];
}

export interface FunctionTable {
  readonly http: readonly Triggered[];
  readonly timers: readonly Triggered[];
  activity(name: string): Triggered | undefined;
  orchestrator(name: string): Triggered | undefined;
}

/** @throws when the app has triggers or bindings that this host does not have */
export function makeFunctionTable(functions: readonly LoadedFunction[]): FunctionTable {
  const byType = new Map<string, Triggered[]>();
  for (const { name, bindings } of functions) {
    const found = Object.entries(bindings).find(([, binding]) => /trigger$/i.test(binding.type));
    if (!found) throw new Error(`The function '${name}' has no trigger.`);
    const [bindingName, trigger] = found;
    const others = Object.entries(bindings).filter(([, binding]) => binding !== trigger);
    const clientBindings = others.filter(([, { type }]) => type === 'durableClient').map(([key]) => key);
    const strange = others.find(([, { type }]) => type !== 'durableClient' && type !== 'http');
    if (strange) throw notHere(name, `bindings of type ${strange[1].type}`);
    const type = trigger.type.toLowerCase();
    byType.set(type, [...(byType.get(type) ?? []), { name, bindingName, trigger, clientBindings }]);
  }
  const of = (type: string) => byType.get(type) ?? [];
  const known = ['httptrigger', 'timertrigger', 'activitytrigger', 'orchestrationtrigger'];
  for (const [type, [first]] of byType)
    if (!known.includes(type)) throw notHere(first?.name ?? '', `triggers of type ${type}`);
  return {
    http: of('httptrigger'),
    timers: of('timertrigger'),
    activity: (name) => of('activitytrigger').find((one) => one.name === name),
    orchestrator: (name) => of('orchestrationtrigger').find((one) => one.name === name),
  };
}

const notHere = (name: string, what: string) =>
  new Error(`The local Functions host does not have ${what}, which the function '${name}' uses.`);
