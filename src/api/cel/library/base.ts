import { functionsOf, type Functions } from '../language/declarations.ts';
import type { CelType } from '../language/types.ts';
import { authorization, authorizationTypes } from './authorization.ts';
import { formatLibrary } from './formats.ts';
import { extendedLists, lists, sets } from './lists.ts';
import { network } from './network.ts';
import { optionals } from './optionals.ts';
import { quantities } from './quantities.ts';
import { regex } from './regex.ts';
import { semvers } from './semvers.ts';
import { standard } from './standard.ts';
import { strings } from './strings.ts';
import { urls } from './urls.ts';
import { CIDR, FORMAT, IP, QUANTITY, SEMVER, URL_TYPE } from './values.ts';

/** Every function that an expression may call in v1.36, wherever it stands. */
export const baseFunctions: Functions = functionsOf(...standard, urls, regex, lists, authorization, optionals, quantities, strings, sets, network, formatLibrary, semvers, extendedLists);

/** The types of the libraries, by their names. */
export const baseTypes: ReadonlyMap<string, CelType> = new Map([QUANTITY, URL_TYPE, SEMVER, FORMAT, IP, CIDR, ...authorizationTypes].map((type) => [type.name, type]));
