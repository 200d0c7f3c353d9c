// Parses and type-checks queries offline, with the language service of the Kusto query editor. It takes seconds to load and to get
// going: one test file should do so.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import { tables } from './tables';

/** The part of the library that is used here; its own types are 1.7 MB. */
interface Node {
  readonly Kind: number;
  readonly Parent: Node | null;
  readonly TextStart: number;
  readonly End: number;
  readonly ConstantValue?: unknown;
  readonly SimpleName?: string;
  readonly Name?: Node;
  readonly Expression?: Node;
  readonly Selector?: Node;
  readonly Left?: Node;
  readonly Right?: Node;
  WalkNodes(action: (node: Node) => void): void;
}
interface Diagnostic {
  readonly Message: string;
  readonly Start: number;
  readonly Length: number;
}
interface Code {
  readonly Syntax: Node;
  GetDiagnostics(): unknown;
}
interface Globals {
  WithDatabase(database: object): Globals;
}
interface Library {
  readonly System: {
    readonly Array: { getCount(list: unknown): number; getItem(list: unknown, index: number): Diagnostic };
    readonly Collections: {
      readonly Generic: { List$1(type: unknown): { ctor: new () => { add(item: object): void } } };
    };
  };
  readonly Kusto: {
    readonly Language: {
      readonly KustoCode: { ParseAndAnalyze(text: string, globals: Globals): Code };
      readonly GlobalState: { readonly Default: Globals };
      readonly Syntax: { readonly SyntaxKind: Readonly<Record<string, unknown>> };
      readonly Symbols: {
        readonly Symbol: unknown;
        readonly TableSymbol: { $ctor7: new (name: string, schema: string, about: null) => object };
        readonly DatabaseSymbol: {
          $ctor3: new (name: string, alias: null, members: object, open: boolean) => object;
        };
      };
    };
  };
}

/** What a query asks of an event. */
export interface Asked {
  readonly property: string;
  /** The function that takes it: `tolong`, `tostring`, … `undefined` when none does. */
  readonly as: string | undefined;
}

export interface Analysis {
  /** Each as a sentence with the text that it is about. */
  readonly diagnostics: readonly string[];
  readonly events: readonly string[];
  readonly asked: readonly Asked[];
  /** Outcomes that events are compared with. */
  readonly outcomes: readonly string[];
  /** Ways to get at events that this analysis cannot follow. */
  readonly untraceable: readonly string[];
}

/** What the text before every query makes columns of. */
export const dimensions: readonly string[] = ['run', 'export', 'connection', 'outcome', 'reason'];

/** It lives in the global scope, and there in that of the process: in Jest's own, every look-up of a name would make it ten times slower. */
function load(): Library {
  const { resolve } = createRequire(__filename);
  for (const name of ['bridge.js', 'Kusto.Language.Bridge.js']) {
    const filename = resolve(`@kusto/language-service-next/${name}`);
    new Script(readFileSync(filename, 'utf8'), { filename }).runInThisContext();
  }
  return new Script('globalThis').runInThisContext() as Library;
}

export type Analyse = (query: string) => Analysis;

/** @param prelude what stands before every query; it is looked at only where it is itself the query. */
export function makeAnalyse(prelude: string): Analyse {
  const { System, Kusto } = load();
  const { KustoCode, GlobalState, Symbols, Syntax } = Kusto.Language;
  const members = new (System.Collections.Generic.List$1(Symbols.Symbol).ctor)();
  for (const [name, columns] of Object.entries(tables)) {
    const schema = Object.entries(columns).map(([column, type]) => `${column}:${type}`);
    members.add(new Symbols.TableSymbol.$ctor7(name, `(${schema.join(',')})`, null));
  }
  const workspace = new Symbols.DatabaseSymbol.$ctor3('workspace', null, members, false);
  const globals = GlobalState.Default.WithDatabase(workspace);
  const kindOf = new Map(
    Object.entries(Syntax.SyntaxKind).flatMap(([name, kind]) =>
      typeof kind === 'number' ? [[kind, name] as const] : [],
    ),
  );
  const is = (node: Node | null | undefined, ...kinds: string[]): boolean =>
    node != null && kinds.includes(kindOf.get(node.Kind) ?? '');

  return (query) => {
    const text = query === prelude ? `${prelude}\nevents` : `${prelude}\n${query}`;
    const from = query === prelude ? 0 : prelude.length;
    const code = KustoCode.ParseAndAnalyze(text, globals);
    const wordsOf = (node: Node) => text.slice(node.TextStart, node.End);
    const isNamed = (node: Node | null | undefined, name: string) =>
      is(node, 'NameReference') && node?.SimpleName === name;

    const nodes: Node[] = [];
    code.Syntax.WalkNodes((node) => {
      if (node.TextStart >= from) nodes.push(node);
    });

    const found = code.GetDiagnostics();
    const diagnostics = Array.from({ length: System.Array.getCount(found) }, (_, index) => {
      const { Message, Start, Length } = System.Array.getItem(found, index);
      return `${Message} «${text.slice(Start, Start + Length)}»`;
    });

    /** The literals that a column is compared with, and the comparisons that are with something else. */
    const comparedWith = (column: string) => {
      const comparisons = nodes.filter((node) => isNamed(node.Left, column));
      const literals: string[] = [];
      const others: string[] = [];
      for (const comparison of comparisons) {
        const right = comparison.Right;
        const values: Node[] = [];
        right?.WalkNodes((node) => {
          if (is(node, 'StringLiteralExpression')) values.push(node);
        });
        const plain = is(
          comparison,
          'EqualExpression',
          'NotEqualExpression',
          'InExpression',
          'NotInExpression',
        );
        if (plain && values.length > 0) literals.push(...values.map((value) => String(value.ConstantValue)));
        else others.push(wordsOf(comparison));
      }
      return { literals, others };
    };

    /** The nearest function around an expression. */
    const functionAround = (node: Node): string | undefined => {
      let around: Node | null = node.Parent;
      while (around && !is(around, 'FunctionCallExpression')) around = around.Parent;
      return around?.Name?.SimpleName;
    };

    const paths = nodes.filter((node) => is(node, 'PathExpression') && isNamed(node.Expression, 'e'));
    const columns = nodes.filter(
      (node) =>
        is(node, 'NameReference') &&
        dimensions.includes(node.SimpleName ?? '') &&
        !(is(node.Parent, 'PathExpression') && node.Parent?.Selector === node),
    );
    const events = comparedWith('event');
    const outcomes = comparedWith('outcome');
    return {
      diagnostics,
      events: [...new Set(events.literals)],
      outcomes: [...new Set(outcomes.literals)].filter((outcome) => outcome !== ''),
      asked: [
        ...paths.map((path) => ({ property: path.Selector?.SimpleName ?? '', as: functionAround(path) })),
        ...columns.map((column) => ({ property: column.SimpleName ?? '', as: 'tostring' })),
      ],
      untraceable: [
        ...events.others,
        ...nodes
          .filter((node) => is(node, 'ElementExpression') && isNamed(node.Expression, 'e'))
          .map(wordsOf),
        ...nodes
          .filter(
            (node) =>
              is(node, 'FunctionCallExpression') &&
              ['parse_json', 'todynamic', 'extract', 'extract_json'].includes(node.Name?.SimpleName ?? ''),
          )
          .filter(() => query !== prelude)
          .map(wordsOf),
      ],
    };
  };
}
