import { testSeeds } from "./seed_suite.ts";

testSeeds(1, 100);
