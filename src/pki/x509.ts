// What @peculiar/x509 is built with asks for it, and it must come first.
import 'reflect-metadata';

/** @peculiar/x509, ready for use: to be imported from here. */
export * from '@peculiar/x509';
