// Invented people's names and places. Some need more than ASCII; beside each stands what its owner uses in an e-mail address.

export interface Name {
  readonly shown: string;
  readonly ascii: string;
}

const names = (list: string): Name[] =>
  list.split(' ').map((entry) => {
    const [shown, ascii] = entry.split('/') as [string, string?];
    return { shown, ascii: ascii ?? shown.toLowerCase() };
  });

export const firstNames = names(
  'Anna Ben Carla David Emma Felix Grace Henry Isabel Jack Karen Liam Mary Noah Olivia Paul Quinn Rosa Samuel Tina Uma Victor ' +
    'Wendy Xavier Yara Zachary Zoë/zoe José/jose Łukasz/lukasz Søren/soren Chloë/chloe Jürgen/juergen Ngọc/ngoc Нина/nina ' +
    'Ελένη/eleni 明/ming أمل/amal',
);

export const lastNames = names(
  'Adams Baker Clark Davis Evans Foster Garcia Harris Irving Jones Keller Lopez Martin Nelson Owens Parker Quigley Reed Smith ' +
    "Turner Underwood Vargas Walker Young Zimmer O'Brien/obrien Müller/mueller Núñez/nunez Dvořák/dvorak Åkesson/akesson " +
    'Nguyễn/nguyen Иванова/ivanova 王/wang Łęcki/lecki',
);

/** Names that look different in the composed and in the decomposed form of Unicode. */
export const accentedNames: readonly string[] = [
  'Zoë',
  'José',
  'Chloë',
  'Jürgen',
  'Ngọc',
  'Nguyễn',
  'Dvořák',
  'Åsa',
];

export const cities: readonly (readonly [city: string, state: string, postcode: string])[] = [
  ['Springfield', 'IL', '62701'],
  ['Waltham', 'MA', '02451'],
  ['Winston-Salem', 'NC', '27101'],
  ['San José', 'CA', '95112'],
  ['Washington, D.C.', 'DC', '20001'],
  ["Coeur d'Alene", 'ID', '83814'],
  ['Saint Paul', 'MN', '55101'],
  ['Truth or "Consequences"', 'NM', '87901'],
];

export const streets: readonly string[] = [
  'Main St',
  'Oak Ave',
  'Elm St, Apt 2',
  'Park Rd',
  'High St\nUnit B',
  'Lake Dr',
];

/** Reserved for examples: no mail can ever reach a person. */
export const mailDomains: readonly string[] = [
  'example.com',
  'example.org',
  'example.net',
  'mail.example',
  'post.example',
];
