// Lint rules. Two of them guard the design: orchestrators stay replay-safe, and dependencies point inward.
import { builtinModules } from 'node:module';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const azureClients = [
  '@azure/storage-blob',
  '@azure/data-tables',
  '@azure/identity',
  '@azure/keyvault-secrets',
  '@azure/storage-queue',
];
const functionsHost = ['@azure/functions', '@azure/functions-core', 'durable-functions'];

/** Forbids imports. Each entry: packages or path patterns, and the sentence that says what to do instead. */
const noImports = (...rules) => [
  'error',
  { patterns: rules.map(({ group, message }) => ({ group, message })) },
];
const noHost = {
  group: functionsHost,
  message:
    'Only functions/ talks to the Functions host; export a plain function and let functions/ register it.',
};
const noClients = {
  group: azureClients,
  message: 'Azure clients live in shared/platform; take its interfaces as arguments.',
};
const noOuter = {
  group: ['**/functions/**'],
  message: 'shared/ is the inside: it never imports functions/.',
};
const noBarrels = {
  selector: 'ExportAllDeclaration',
  message: 'No barrel files: import from the file that defines it.',
};
const noImportCalls = {
  selector: 'ImportExpression',
  message: 'Import at the top of the file, where the layers are watched.',
};
const inOrchestrators = {
  time: 'Use context.df.currentUtcDateTime.',
  timer: 'Use context.df.createTimer.',
  id: 'Use context.df.newGuid, or an id from the input.',
  tasks: 'Orchestrators yield tasks of context.df; they never await.',
  activity: 'An orchestrator is replayed: put input and output into an activity and yield it.',
};
const noTest = { group: ['**/test/**', '**/emulators/**'], message: 'The app never imports what tests it.' };

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.local/'] },
  js.configs.recommended,
  {
    files: ['**/*.cjs', '**/*.mjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', module: 'writable', require: 'readonly' },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-syntax': ['error', noBarrels],
    },
  },
  {
    files: ['functions/**/*.ts', 'shared/**/*.ts', 'test/emulators/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noBarrels, noImportCalls] },
  },
  {
    files: ['shared/**/*.ts'],
    rules: { 'no-restricted-imports': noImports(noHost, noClients, noOuter, noTest) },
  },
  {
    files: ['shared/platform/**/*.ts'],
    rules: {
      'no-restricted-imports': noImports(noHost, noOuter, noTest, {
        group: ['../**'],
        message: 'platform is the innermost room: it imports no other.',
      }),
    },
  },
  { files: ['functions/**/*.ts'], rules: { 'no-restricted-imports': noImports(noClients, noTest) } },
  {
    files: ['functions/orchestrators/**/*.ts'],
    rules: {
      'no-restricted-imports': noImports(noClients, noTest, {
        group: [
          'node:*',
          // Only the packages: `./events` is a file of ours.
          ...builtinModules.map((name) => `/${name}`),
          '@azure/*',
          '**/composition',
          '**/durable',
          '**/invocation',
          '**/platform/**',
        ],
        message: inOrchestrators.activity,
      }),
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Replay would call again: put the call into an activity.' },
        {
          name: 'process',
          message: 'Settings may differ at replay: take them from the orchestration input.',
        },
        ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
          name,
          message: inOrchestrators.timer,
        })),
        { name: 'performance', message: inOrchestrators.time },
        { name: 'crypto', message: inOrchestrators.id },
        { name: 'Promise', message: inOrchestrators.tasks },
        { name: 'console', message: 'Replay would log again: log in an activity.' },
        ...['global', 'globalThis'].map((name) => ({ name, message: inOrchestrators.activity })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: inOrchestrators.time },
        { object: 'Math', property: 'random', message: 'Use an id from the input.' },
      ],
      'no-restricted-syntax': [
        'error',
        noBarrels,
        noImportCalls,
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: inOrchestrators.time,
        },
        { selector: "CallExpression[callee.name='Date']", message: inOrchestrators.time },
        { selector: 'AwaitExpression', message: inOrchestrators.tasks },
        { selector: ':function[async=true]', message: inOrchestrators.tasks },
      ],
    },
  },
  {
    files: ['test/emulators/**/*.ts'],
    rules: {
      'no-restricted-imports': noImports(
        { group: ['**/shared/**', '!./**/shared/**'], message: 'Emulators import nothing of the app.' },
        { group: ['**/../functions/**'], message: 'Emulators import nothing of the app.' },
      ),
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
);
