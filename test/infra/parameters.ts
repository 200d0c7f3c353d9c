// The file from which azd fills the parameters: it has to name all of them, and leave every default to the template.
import type { Parameter } from './deployment';

/** @param text of main.parameters.json. */
export function parameterFaults(
  text: string,
  declared: Readonly<Record<string, Parameter>>,
): readonly string[] {
  const { parameters } = JSON.parse(text) as { parameters: Readonly<Record<string, { value?: unknown }>> };
  const filled = Object.keys(parameters);
  return [
    ...Object.keys(declared)
      .filter((name) => !filled.includes(name))
      .map((name) => `main.parameters.json does not fill ${name}`),
    ...filled
      .filter((name) => !(name in declared))
      .map((name) => `main.parameters.json fills ${name}, which the template does not have`),
    // azd leaves out what stands for a variable that is not set; a default in two places would be two truths.
    ...Object.entries(parameters)
      .filter(([, { value }]) => typeof value !== 'string' || !/^\$\{[A-Z_]+\}$/.test(value))
      .map(([name]) => `main.parameters.json gives ${name} something else than one variable`),
  ];
}
