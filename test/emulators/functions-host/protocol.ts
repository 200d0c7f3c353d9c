// What host and worker tell each other over the IPC channel of the child process (structured clones: bytes stay bytes).
import type { Level } from './log-lines';

/** A value as the host hands it to a function, in the shape of the real worker's protocol. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
}

export interface Nullable {
  readonly value: string;
}

export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: Readonly<Record<string, Nullable>>;
  readonly nullableParams?: Readonly<Record<string, Nullable>>;
  readonly nullableQuery?: Readonly<Record<string, Nullable>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: TypedData | null;
  readonly statusCode?: string;
  readonly cookies?: readonly HttpCookie[];
}

export interface HttpCookie {
  readonly name: string;
  readonly value: string;
  readonly path?: Nullable;
  readonly domain?: Nullable;
  readonly expires?: { readonly value: { readonly seconds: number } };
  readonly maxAge?: { readonly value: number };
  readonly secure?: { readonly value: boolean };
  readonly httpOnly?: { readonly value: boolean };
  readonly sameSite?: string;
}

export interface Binding {
  readonly type: string;
  readonly direction: string;
  readonly [property: string]: unknown;
}

export interface LoadedFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}

export interface Invocation {
  readonly invocationId: string;
  readonly functionName: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData | null }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
}

export interface InvocationResponse {
  readonly returnValue?: TypedData | null;
}

export type ToWorker =
  | { readonly type: 'load'; readonly appRoot: string; readonly clockOffsetMs: number }
  | { readonly type: 'invoke'; readonly invocation: Invocation }
  | { readonly type: 'clock'; readonly offsetMs: number }
  | { readonly type: 'terminate' };

export type FromWorker =
  | {
      readonly type: 'loaded';
      readonly functions: readonly LoadedFunction[];
      /** Where the worker takes HTTP requests as streams, if the app has asked for it. */
      readonly httpUri?: string;
    }
  | { readonly type: 'load-failed'; readonly message: string }
  | { readonly type: 'returned'; readonly invocationId: string; readonly response: InvocationResponse }
  | {
      readonly type: 'threw';
      readonly invocationId: string;
      readonly message: string;
      readonly stack: string;
    }
  | {
      readonly type: 'log';
      readonly level: Level;
      readonly message: string;
      readonly functionName?: string;
      readonly invocationId?: string;
    };
