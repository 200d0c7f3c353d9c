// What a template comes to: the resources that the compiler predicts for given parameters, and how rules look at them.

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly [property: string]: unknown;
}

/** A parameter, as the compiled template declares it. */
export interface Parameter {
  readonly type: string;
  readonly allowedValues?: readonly unknown[];
  readonly [property: string]: unknown;
}

export interface Deployment {
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/** What the app itself says, which a deployment has to fit. */
export interface App {
  /** Names that the app does not start without. A storage account's stands for `NAME__accountName`. */
  readonly requiredSettings: readonly string[];
  /** With which its worker is started. */
  readonly workerArguments: string;
  /** The task hub, as host.json names it. */
  readonly hub: string;
}

/** One promise that every deployment keeps. */
export interface Rule {
  readonly name: string;
  /** @returns a sentence for each way in which the deployment breaks it. */
  readonly faults: (deployment: Deployment, app: App) => readonly string[];
}

/** The value at a path of property names; `undefined` where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[name];
  }
  return here;
}

export const ofType = ({ resources }: Deployment, type: string): readonly Resource[] =>
  resources.filter((resource) => resource.type.toLowerCase() === type.toLowerCase());

/** A fault for every resource of a type whose property is not one of the wanted values, and one if there is no such resource. */
export function expectProperty(
  deployment: Deployment,
  type: string,
  path: readonly string[],
  ...wanted: readonly unknown[]
): readonly string[] {
  const found = ofType(deployment, type);
  if (found.length === 0) return [`there is no ${type}`];
  return found
    .filter((resource) => !wanted.includes(at(resource, ...path)))
    .map(
      (resource) =>
        `${path.join('.')} of ${resource.name} is ${JSON.stringify(at(resource, ...path))}, not ${wanted.map((value) => JSON.stringify(value)).join(' or ')}`,
    );
}

const siteConfig = (deployment: Deployment, name: string): unknown =>
  ofType(deployment, 'Microsoft.Web/sites/config').find((one) => one.name.endsWith(`/${name}`))?.[
    'properties'
  ];

/** The settings of the function app, by name. */
export const appSettingsOf = (deployment: Deployment): Readonly<Record<string, unknown>> =>
  (siteConfig(deployment, 'appsettings') ?? {}) as Readonly<Record<string, unknown>>;

/** How App Service signs people in. */
export const authenticationOf = (deployment: Deployment): unknown => siteConfig(deployment, 'authsettingsV2');

/** Every text in a value, however deep, with the path to it. */
export function* textsIn(value: unknown, path = ''): Generator<readonly [path: string, text: string]> {
  if (typeof value === 'string') yield [path, value];
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* textsIn(inner, path ? `${path}.${name}` : name);
}
