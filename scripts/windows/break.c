/* Runs a program at its own console and presses Ctrl-Break there as soon as a file appears; ends as the program does.
     break.exe FILE PROGRAM ARGUMENTS...
   For tests under Wine only: a Unix terminal has no such key. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* This program is at the same console and must outlive the key. */
static BOOL WINAPI stay(DWORD event) {
    (void)event;
    return TRUE;
}

/* What stands behind the first two words of the command line. */
static char *rest(char *line) {
    for (int words = 0; words < 2; words++) {
        BOOL quoted = FALSE;
        for (; *line != '\0' && (quoted || *line != ' '); line++)
            if (*line == '"') quoted = !quoted;
        line += strspn(line, " ");
    }
    return line;
}

int main(int count, char **words) {
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    DWORD code = 1;
    BOOL pressed = FALSE;
    if (count < 3) return 2;
    SetConsoleCtrlHandler(stay, TRUE);
    if (!CreateProcessA(NULL, rest(GetCommandLineA()), NULL, NULL, TRUE, CREATE_NEW_PROCESS_GROUP, NULL, NULL, &startup,
                        &child)) {
        fprintf(stderr, "%s does not start: error %lu\n", words[2], GetLastError());
        return 3;
    }
    while (WaitForSingleObject(child.hProcess, 100) == WAIT_TIMEOUT) {
        if (pressed || GetFileAttributesA(words[1]) == INVALID_FILE_ATTRIBUTES) continue;
        if (!GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child.dwProcessId)) {
            fprintf(stderr, "no Ctrl-Break: error %lu\n", GetLastError());
            return 4;
        }
        pressed = TRUE;
    }
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}
