/* Starts a program in a console of its own and presses keys there, as a person would.
   press.exe PROGRAM ARGUMENTS... : each line on standard input is a key, `break` or `c`; the exit code is the program's. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* All that stands behind the own name on the command line, quotes and all. */
static char *arguments(char *line) {
    int quoted = 0;
    for (; *line && (quoted || *line != ' '); line++)
        if (*line == '"') quoted = !quoted;
    while (*line == ' ') line++;
    return line;
}

static BOOL WINAPI ignore(DWORD event) {
    (void)event;
    return TRUE;
}

static DWORD WINAPI keys(LPVOID unused) {
    char line[16];
    (void)unused;
    while (fgets(line, sizeof line, stdin)) {
        DWORD event = strncmp(line, "break", 5) == 0 ? CTRL_BREAK_EVENT : CTRL_C_EVENT;
        /* Group 0: everybody at this console. */
        if (!GenerateConsoleCtrlEvent(event, 0)) fprintf(stderr, "press: error %lu\n", GetLastError());
    }
    return 0;
}

int main(void) {
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    DWORD code = 1;
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = INVALID_HANDLE_VALUE;
    /* Before there is a new console, which puts itself in their place. */
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    FreeConsole();
    if (!AllocConsole()) fprintf(stderr, "press: no console, error %lu\n", GetLastError());
    SetConsoleCtrlHandler(ignore, TRUE);
    if (!CreateProcessA(NULL, arguments(GetCommandLineA()), NULL, NULL, TRUE, 0, NULL, NULL, &start, &child)) {
        fprintf(stderr, "press: could not start it, error %lu\n", GetLastError());
        return 1;
    }
    CloseHandle(CreateThread(NULL, 0, keys, NULL, 0, NULL));
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}
