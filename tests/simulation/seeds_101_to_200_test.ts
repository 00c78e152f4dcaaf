import { testSeeds } from "./seed_suite.ts";

testSeeds(101, 200);
