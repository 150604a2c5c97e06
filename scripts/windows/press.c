/* Sends the one program of a name an event of its console, by its number: 1 Ctrl-Break, 2 the console is closed.
     press.exe hafs-worker.exe 1
   For tests under Wine only, whose server knows Ctrl-C alone (GenerateConsoleCtrlEvent: "not implemented"). It does by hand
   what Windows does: a thread in the program, at the routine that calls the program's handlers with the event. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#include <tlhelp32.h>

static DWORD process_of(const char *name) {
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    DWORD found = 0;
    for (BOOL more = Process32First(list, &entry); more && found == 0; more = Process32Next(list, &entry))
        if (lstrcmpiA(entry.szExeFile, name) == 0) found = entry.th32ProcessID;
    CloseHandle(list);
    return found;
}

int main(int count, char **words) {
    if (count != 3) return 2;
    LPTHREAD_START_ROUTINE routine =
        (LPTHREAD_START_ROUTINE)(void *)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CtrlRoutine");
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, process_of(words[1]));
    if (routine == NULL || process == NULL) {
        fprintf(stderr, "%s cannot be reached: error %lu\n", words[1], GetLastError());
        return 3;
    }
    /* System libraries lie at the same place in every process. */
    HANDLE thread = CreateRemoteThread(process, NULL, 0, routine, (void *)(ULONG_PTR)atoi(words[2]), 0, NULL);
    if (thread == NULL) {
        fprintf(stderr, "no thread in %s: error %lu\n", words[1], GetLastError());
        return 4;
    }
    return 0;
}
