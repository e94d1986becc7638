export const askJudgement = () => {};
export const askTest = () => {};
export const undo = () => {};
export const assemble = () => {};
